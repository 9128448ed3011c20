import {
  type DynamicModule,
  type FactoryProvider,
  Injectable,
  Logger,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { InvalidTokenError } from '../access/access.errors.js';
import { Authenticator } from '../access/authenticator.js';
import { JwtStrategy } from '../access/guards/jwt.strategy.js';
import type { TokenHolder } from '../access/principal.js';
import { checkedRoles, type RoleName, type RoleMap, type RolesOption } from '../settings/roles-option.js';
import { UnavailableError } from '../http/problem/problem.js';
import { TokenVerifier, type TokenVerifierOptions, VerifierUnavailableError } from './token-verifier.js';

/** Options of the verifier: the issuer, and the permissions of roles. */
export interface VerifierOptions extends TokenVerifierOptions {
  /**
   * Same value as the option in the application with the accounts, so that `@Permissions()` works here too.
   * Default none.
   */
  roles?: RolesOption;
}

/** Options that depend on other providers. */
export interface VerifierAsyncOptions
  extends Pick<ModuleMetadata, 'imports'>, Pick<FactoryProvider, 'inject'> {
  /** Returns the options; called with the providers in `inject`. */
  useFactory: (...injected: never[]) => VerifierOptions | Promise<VerifierOptions>;
}

const OPTIONS = Symbol('astra:verifier-options');

/** Authenticates requests with public keys and the revocation feed. */
@Injectable()
class RemoteAuthenticator extends Authenticator implements OnApplicationShutdown {
  private readonly verifier: TokenVerifier;
  private readonly roles: RoleMap;

  constructor({ roles = {}, ...options }: VerifierOptions) {
    super();
    this.roles = checkedRoles(roles);
    const logger = new Logger('AstraVerifier');
    this.verifier = new TokenVerifier({
      notice: (message, reason) => logger.warn(reason ? `${message}: ${reason}` : message),
      ...options,
    });
  }

  async authenticate(token: string): Promise<TokenHolder> {
    try {
      const claims = await this.verifier.verify(token);
      if (!claims) throw new InvalidTokenError();
      const { userId, sessionId, level } = claims;
      const role = claims.role as RoleName;
      const { methods } = claims;
      const authenticatedAt =
        claims.authenticatedAt === null ? null : new Date(claims.authenticatedAt * 1_000);
      // The time of a token of this level is that of its second factor.
      const secondFactorAt = level === 'aal2' ? authenticatedAt : null;
      return {
        ...{ userId, sessionId, role, permissions: this.roles.get(role) ?? [] },
        ...{ apiKeyId: null, scopes: null },
        ...{ methods, authenticatedAt, secondFactorAt },
      };
    } catch (error) {
      if (error instanceof VerifierUnavailableError) throw new UnavailableError(undefined, 5, error);
      throw error;
    }
  }

  onApplicationShutdown(): Promise<void> {
    return this.verifier.stop();
  }
}

/**
 * Verification of access tokens in a service without access to the accounts: `@Authenticated()`, `@Roles()`
 * and `@CurrentUser()` work there with the access tokens of another Astra service. `@CurrentUser()` is a
 * {@link TokenHolder}.
 */
@Module({})
export class AstraVerifierModule {
  /** Takes static options. */
  static forRoot(options: VerifierOptions): DynamicModule {
    return AstraVerifierModule.forRootAsync({ useFactory: () => options });
  }

  /** Takes options from other providers. */
  static forRootAsync({ imports, inject, useFactory }: VerifierAsyncOptions): DynamicModule {
    return {
      module: AstraVerifierModule,
      imports,
      providers: [
        { provide: OPTIONS, inject, useFactory },
        {
          provide: Authenticator,
          inject: [OPTIONS],
          useFactory: (options: VerifierOptions) => new RemoteAuthenticator(options),
        },
        JwtStrategy,
      ],
    };
  }
}
