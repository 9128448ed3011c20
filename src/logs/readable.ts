import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const levelStyles: Record<string, Style> = { fatal: 'red', error: 'red', warn: 'yellow', info: 'green' };

/**
 * Converts a JSON log line to readable text: `19:57:31.120 INFO  POST /api/v1/auth/login 200 in 31.4 ms`, in color if
 * standard output is a terminal.
 */
export function readable(json: string): string {
  const { time, level, message, context, stack, latency_ms, problem, reason, ...rest } = JSON.parse(
    json,
  ) as Record<string, string | number | undefined>;
  // Already contained in the message of a request.
  const { method: _method, route: _route, status: _status, ...ids } = rest;
  const words = [
    paint('dim', clock(new Date(String(time)))),
    paint(levelStyles[String(level)] ?? 'dim', String(level).toUpperCase().padEnd(5)),
    context && paint('cyan', `[${context}]`),
    message,
    problem && paint('yellow', String(problem)),
    reason && `(${reason})`,
    latency_ms !== undefined && `in ${latency_ms} ms`,
    ...Object.entries(ids).map(([name, value]) => paint('dim', `${name}=${value}`)),
  ];
  return `${words.filter(Boolean).join(' ')}\n${stack ? `${stack}\n` : ''}`;
}

function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Returns the local time of day. */
function clock(time: Date): string {
  return `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
