/**
 * Invoices computed by hand. One token costs USD per million times 1,000 nano-USD, so that 2.50 USD per million are 2,500 nano-USD a
 * token; each amount below is the sum written beside it.
 */
export interface Invoice {
  readonly model: string;
  readonly usage: Readonly<Record<string, unknown>>;
  readonly nanousd: number;
  readonly tier?: string;
  readonly at?: string;
}
