import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Compiling every file anew is most of the time a start takes, so the compiled code is kept. It lies beside the installed packages, whose
// owner alone writes there, and not in the shared temporary folder, where others could leave code for us to run. Where the folder
// cannot be written, each start compiles.
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/sluice", import.meta.url)));
await import("./program.ts");
