const MODEL = /^\/v1(?:beta)?\/models\/([^/]*?)(?::[a-zA-Z]+)?$/;

/** The model a path names; empty if it cannot be read. */
export function modelOf(path: string): string {
  try {
    return decodeURIComponent(MODEL.exec(path)?.[1] ?? "");
  } catch {
    return "";
  }
}
