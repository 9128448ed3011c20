import type { Attributes } from '@opentelemetry/api';
import type { JobType } from './job-type.js';

/** Returns the attributes of a span about a job (OpenTelemetry, Semantic Conventions for Messaging). */
export function messagingAttributes(operation: 'send' | 'process', { name }: JobType<object>): Attributes {
  return {
    'messaging.system': 'pg-boss',
    'messaging.destination.name': name,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
  };
}
