/** Read while the program loads: a parent that dies during the start must be missed later. */
const PARENT_AT_START = process.ppid;

/**
 * The process whose end also ends this one, from the flag `--exit-with-parent [pid]`: the named one, else the one that started this process.
 * Undefined without the flag.
 */
export function parentToWatch(flag: string | boolean | undefined): number | undefined {
  if (flag === undefined || flag === false) return undefined;
  return flag === true ? PARENT_AT_START : Number(flag);
}
