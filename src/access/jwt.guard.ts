import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import { AuthGuard, type IAuthModuleOptions } from '@nestjs/passport';
import { JWT_STRATEGY, JwtStrategy } from './jwt.strategy.js';
import { IS_PUBLIC } from './public.decorator.js';

/**
 * Lets in who sends a live access token, and anyone where the route is `@Public()`.
 *
 * @throws {NotAuthenticatedError} if no token was sent.
 * @throws {InvalidTokenError} if the token, its session or its user is not valid any more.
 */
@Injectable()
export class JwtGuard extends AuthGuard() {
  private readonly passport: IAuthModuleOptions;
  private ready = false;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly reflector: Reflector,
  ) {
    const passport: IAuthModuleOptions = { defaultStrategy: JWT_STRATEGY };
    super(passport);
    this.passport = passport;
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (isPublic) return true;
    if (!this.ready) this.useStrategyOfThisApplication();
    return super.canActivate(context) as Promise<boolean>;
  }

  /**
   * By its name, passport would find the strategy that was registered last in the process: where two applications
   * run in one, that of the other. Given the strategy itself, it takes that; the typings know names only.
   */
  private useStrategyOfThisApplication(): void {
    this.passport.defaultStrategy = this.moduleRef.get(JwtStrategy, { strict: false }) as unknown as string;
    this.ready = true;
  }
}
