import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

/**
 * Rule for callers of a handler. `public`: anyone. `optional`: anyone without a token, or with a valid one.
 * `signed-in`: only with a valid token.
 */
export type AccessRule = 'public' | 'optional' | 'signed-in';

const RULE = Symbol('astra:access-rule');

/** Rule of a handler, with the decorator that states it. */
interface StatedRule {
  readonly rule: AccessRule;
  /** Decorator that states the rule, as written in code, for error messages. */
  readonly by: string;
}

/**
 * Returns a decorator that states a rule for a handler, or for all handlers of a class. The rule of a handler overrides
 * that of its class.
 *
 * @param by - The decorator as written in code.
 * @throws {Error} while the class is loaded, if another decorator states a different rule for the same target.
 */
export function stateRule(rule: AccessRule, by: string): ClassDecorator & MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: { value?: unknown }) => {
    const subject = (descriptor?.value as object | undefined) ?? target;
    const other = Reflect.getOwnMetadata(RULE, subject) as StatedRule | undefined;
    if (other && other.rule !== rule) {
      const name =
        key === undefined ? (target as { name: string }).name : `${target.constructor.name}.${String(key)}`;
      throw new Error(
        `${name} has both ${by} and ${other.by}, which contradict each other. Keep one of them.`,
      );
    }
    Reflect.defineMetadata(RULE, { rule, by } satisfies StatedRule, subject);
  };
}

/**
 * Returns the rule of a handler: its own, otherwise that of its class. The default, `signed-in`, keeps a forgotten
 * handler closed.
 */
export function ruleOf(context: ExecutionContext, reflector: Reflector): AccessRule {
  const targets = [context.getHandler(), context.getClass()];
  return reflector.getAllAndOverride<StatedRule | undefined>(RULE, targets)?.rule ?? 'signed-in';
}

/** Returns whether a handler itself is marked as public. */
export function isPublic(handler: object): boolean {
  return (Reflect.getMetadata(RULE, handler) as StatedRule | undefined)?.rule === 'public';
}
