/** A part of a list, and where it goes on. */
export interface Page<T> {
  items: T[];
  /** `null` on the last page. */
  nextCursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is the planner's guess, because counting would take long. */
  totalIsEstimate: boolean;
}

/** Which part of a list is asked for. */
export interface PageQuery {
  /** At most so many items. */
  limit: number;
  /** The `nextCursor` of the page before; `undefined` for the first one. */
  cursor?: string;
}
