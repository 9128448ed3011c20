/** Page of a list. */
export interface Page<T> {
  items: T[];
  /** Cursor of the next page; `null` on the last one. */
  nextCursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is an estimate of the planner, because counting would take too long. */
  totalIsEstimate: boolean;
}

/** Requested page. */
export interface PageQuery {
  /** Maximum of items. */
  limit: number;
  /** `nextCursor` of the previous page. Default: the first page. */
  cursor?: string;
}
