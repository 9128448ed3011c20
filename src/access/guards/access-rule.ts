import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

/** Who may call a handler: anyone; who sends no token too, but no bad one; only who is signed in. */
export type AccessRule = 'public' | 'optional' | 'signed-in';

const RULE = Symbol('astra:access-rule');

interface StatedRule {
  readonly rule: AccessRule;
  /** The decorator that states it, as it is written. */
  readonly by: string;
}

/**
 * States a rule for a handler, or for all handlers of a class. That of a handler takes the place of its class's.
 *
 * @param by - The decorator, as it is written.
 * @throws {Error} while the class is loaded, if another decorator states another rule for the same target.
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

/** Finds the rule of a handler: its own, else that of its class. Without either a guard lets in only who is signed in. */
export function ruleOf(context: ExecutionContext, reflector: Reflector): AccessRule {
  const targets = [context.getHandler(), context.getClass()];
  return reflector.getAllAndOverride<StatedRule | undefined>(RULE, targets)?.rule ?? 'signed-in';
}

/** Tells whether a handler says itself that anyone may call it. */
export function isPublic(handler: object): boolean {
  return (Reflect.getMetadata(RULE, handler) as StatedRule | undefined)?.rule === 'public';
}
