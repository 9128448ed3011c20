import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { catchError, type Observable } from 'rxjs';
import { type FieldError, InvalidInputError } from '../../../http/problem/problem.js';
import { PasswordsService } from '../passwords.service.js';

/** Maximum length in UTF-16 units of a name that a password is compared with. Longer names were already rejected. */
const MAX_NAME_LENGTH = 254;

/**
 * Adds the violations of the password policy to the errors of an invalid body, so that one response names all errors.
 * Otherwise the policy would be checked only after the DTO is valid, because it needs settings and names.
 */
@Injectable()
class NewPasswordInterceptor implements NestInterceptor {
  constructor(private readonly passwords: PasswordsService) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError(async (error: unknown) => {
        if (!(error instanceof InvalidInputError)) throw error;
        const { body } = context.switchToHttp().getRequest<{ body?: unknown }>();
        const more = await this.passwordErrors(error.errors ?? [], body);
        throw more.length > 0 ? new InvalidInputError([...(error.errors ?? []), ...more]) : error;
      }),
    );
  }

  /**
   * Returns the violations of a password in an invalid body. Names that are not text, or too long, are not compared.
   */
  private async passwordErrors(known: readonly FieldError[], body: unknown): Promise<readonly FieldError[]> {
    if (typeof body !== 'object' || body === null) return [];
    const fields = body as Record<string, unknown>;
    const field = 'new_password' in fields ? 'new_password' : 'password';
    const password = fields[field];
    if (typeof password !== 'string' || known.some(({ loc }) => loc[1] === field)) return [];
    const names = { username: nameIn(fields.username), email: nameIn(fields.email) };
    try {
      await this.passwords.assertAcceptable(password, names, ['body', field]);
      return [];
    } catch (error) {
      if (error instanceof InvalidInputError) return error.errors ?? [];
      throw error;
    }
  }
}

/** Makes a route with a new password report all errors at once; see {@link NewPasswordInterceptor}. */
export const NamesAllErrors = () => UseInterceptors(NewPasswordInterceptor);

function nameIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_NAME_LENGTH ? value : undefined;
}
