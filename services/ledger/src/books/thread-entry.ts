import { serveThread } from "@sluice/platform/thread";
import type { BooksData } from "./questions.ts";
import { openThreadBooks } from "./thread-books.ts";

await serveThread((data) => openThreadBooks(data as BooksData));
