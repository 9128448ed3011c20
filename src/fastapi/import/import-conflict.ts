/** Reason why a user is not imported. */
export interface ImportProblem {
  /** Code for programs; never changes. */
  code:
    | 'invalid-username'
    | 'invalid-email'
    | 'unknown-role'
    | 'unknown-hash'
    | 'username-taken'
    | 'email-taken'
    | 'email-held'
    | 'imported-before';
  /** Explanation in one sentence; never contains a hash. */
  message: string;
}

/** User of the FastAPI service who is not imported, with all reasons. */
export interface ImportConflict {
  /** `id` in the FastAPI service. */
  source_id: number;
  username: string;
  email: string;
  problems: ImportProblem[];
}

/**
 * Returns the conflict with a user imported earlier.
 *
 * @param sourceId - `id` of that user in the FastAPI service.
 */
export function importedBefore(sourceId: number): ImportProblem {
  return {
    code: 'imported-before',
    message: `A user with this name was imported before from the source id ${sourceId}.`,
  };
}

/**
 * Returns the conflict with an account that has the name.
 *
 * @param sourceId - `id` of its user in the FastAPI service; `undefined` if the account is not from there.
 */
export function nameTaken(what: 'username' | 'email', sourceId: number | undefined): ImportProblem {
  const name = what === 'username' ? 'username' : 'email address';
  const who = sourceId === undefined ? 'Another account' : `The user with the source id ${sourceId}`;
  return { code: `${what}-taken`, message: `${who} already uses this ${name} (case-insensitive).` };
}

/** The email address is reserved for an account that changed it recently. */
export const emailHeld: ImportProblem = {
  code: 'email-held',
  message:
    'Another account stopped using this email address less than 7 days ago, and that change can still be undone.',
};
