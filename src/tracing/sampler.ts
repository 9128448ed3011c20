import type { Sampler } from '@opentelemetry/sdk-trace';
import type { TracingOptions } from '../env/telemetry/telemetry-options.js';

/** Part of the SDK that decides which traces are recorded. */
type Samplers = Pick<
  typeof import('@opentelemetry/sdk-trace'),
  'AlwaysOffSampler' | 'AlwaysOnSampler' | 'ParentBasedSampler' | 'TraceIdRatioBasedSampler'
>;

/** Returns the sampler of the options. One whose name starts with `parentbased_` follows the caller's decision. */
export function samplerOf(
  { sampler, ratio }: Pick<TracingOptions, 'sampler' | 'ratio'>,
  sdk: Samplers,
): Sampler {
  const [, isParentBased, name] = /^(parentbased_)?(\w+)$/.exec(sampler) ?? [];
  const root =
    name === 'always_on'
      ? new sdk.AlwaysOnSampler()
      : name === 'always_off'
        ? new sdk.AlwaysOffSampler()
        : new sdk.TraceIdRatioBasedSampler(ratio);
  return isParentBased ? new sdk.ParentBasedSampler({ root }) : root;
}
