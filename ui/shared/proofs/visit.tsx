import { useEffect, useState } from 'preact/hooks';
import { ProblemError } from '../../../src/client/index.js';
import { useApp } from '../app.js';
import type { BeginVisit, VisitResult } from '../door.js';

/** Visits to providers in a window of their own, so that nothing is lost that was typed in this one. */
export interface Visits {
  /** URL of the provider while a visit is waited for. */
  readonly url?: string;
  /**
   * Begins a visit. An earlier one ends.
   *
   * @returns `null` if the visit was ended.
   * @throws `ProblemError` if it has failed there.
   */
  readonly visit: (begin: BeginVisit) => Promise<VisitResult | null>;
}

/** The visits of one part of the page. They end with it. */
export function useVisits(): Visits {
  const { door, t } = useApp();
  const [url, setUrl] = useState<string>();
  useEffect(() => door.endVisit, []);
  const visit: Visits['visit'] = async (begin) => {
    const result = await door.visit(begin, setUrl).finally(() => setUrl(undefined));
    if (result?.error) throw failureOf(result.error, t.visitFailed);
    return result;
  };
  return { url, visit };
}

/**
 * Says where a visit goes on, with a link in case no window has opened.
 *
 * @param canCancel - Whether it has a button to end the visit.
 */
export function VisitNote({ url, canCancel }: Pick<Visits, 'url'> & { canCancel?: boolean }) {
  const { door, t } = useApp();
  return (
    <p class="note" role="status" hidden={!url}>
      {t.goOnThere}{' '}
      <a href={url} target="_blank" rel="noopener noreferrer">
        {t.openThere}
      </a>
      {canCancel && (
        <>
          {' · '}
          <button type="button" class="link" onClick={door.endVisit}>
            {t.cancel}
          </button>
        </>
      )}
    </p>
  );
}

/** The problem of which the provider has only brought the code. */
function failureOf(code: string, detail: string): ProblemError {
  const problem = {
    type: `/problems/${code}`,
    title: detail,
    status: 400,
    detail,
    instance: '',
    request_id: '',
  };
  return new ProblemError(code, problem);
}
