// Runs after an install: compiles the program once, so that the first start is as quick as every later one. Nothing depends on it, so
// what goes wrong is said and does not fail the install.
if (Number(process.versions.node.split(".")[0]) >= 26) {
  try {
    await import("../src/warm.ts");
  } catch (error) {
    process.stderr.write(
      `sluice: not compiled ahead of the first start (${error instanceof Error ? error.message : error})\n`,
    );
  }
}
