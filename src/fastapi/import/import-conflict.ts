/** A reason why somebody is not taken over. */
export interface ImportProblem {
  /** For programs; never changes. */
  code:
    | 'invalid-username'
    | 'invalid-email'
    | 'unknown-role'
    | 'unknown-hash'
    | 'username-taken'
    | 'email-taken'
    | 'email-held'
    | 'imported-before';
  /** One sentence for people; it never holds a hash. */
  message: string;
}

/** Somebody of the FastAPI service who is not taken over, for all these reasons. */
export interface ImportConflict {
  /** The `id` there. */
  source_id: number;
  username: string;
  email: string;
  problems: ImportProblem[];
}

/** @param sourceId - The `id` that the user who was taken over had there. */
export function importedBefore(sourceId: number): ImportProblem {
  return {
    code: 'imported-before',
    message: `A user with this name was imported before from the source id ${sourceId}.`,
  };
}

/** @param sourceId - The `id` there of who has it; `undefined` if that account is not from there. */
export function nameTaken(what: 'username' | 'email', sourceId: number | undefined): ImportProblem {
  const name = what === 'username' ? 'username' : 'email address';
  const who = sourceId === undefined ? 'Another account' : `The user with the source id ${sourceId}`;
  return { code: `${what}-taken`, message: `${who} already uses this ${name} (case-insensitive).` };
}

/** The address is kept for an account that has moved away from it. */
export const emailHeld: ImportProblem = {
  code: 'email-held',
  message:
    'Another account stopped using this email address less than 7 days ago, and that change can still be undone.',
};
