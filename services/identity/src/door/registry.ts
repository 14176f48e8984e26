import type { DoorParts } from "./parts.ts";
import type { DoorRoute } from "./route.ts";
import { budgetRoutes } from "./routes/budgets.ts";
import { credentialRoutes } from "./routes/credentials.ts";
import { declarationRoutes } from "./routes/declarations.ts";
import { directoryRoutes } from "./routes/directory.ts";
import { doctorRoutes } from "./routes/doctor.ts";
import { eventRoutes } from "./routes/events.ts";
import { keyRoutes } from "./routes/keys.ts";
import { ledgerRoutes } from "./routes/ledger.ts";
import { modelRoutes } from "./routes/models.ts";
import { rateLimitRoutes } from "./routes/rate-limits.ts";
import { reconcileRoutes } from "./routes/reconcile.ts";
import { reportRoutes } from "./routes/reports.ts";
import { requestRoutes } from "./routes/requests.ts";
import { sessionRoutes } from "./routes/sessions.ts";

/** Everything the admin door answers. */
export const ROUTES: readonly ((parts: DoorParts) => readonly DoorRoute[])[] = [
  directoryRoutes,
  keyRoutes,
  budgetRoutes,
  rateLimitRoutes,
  sessionRoutes,
  declarationRoutes,
  ledgerRoutes,
  reportRoutes,
  reconcileRoutes,
  credentialRoutes,
  modelRoutes,
  requestRoutes,
  eventRoutes,
  doctorRoutes,
];
