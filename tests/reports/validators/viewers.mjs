// SPDX-License-Identifier: Apache-2.0
// What trace viewers demand of their files, as schemas and rules written from their sources and documents: Zipkin's API, the
// types of Jaeger's user interface, nesting of slices in Perfetto.
const hex = (digits) => ({ type: 'string', pattern: `^(?!0+$)[0-9a-f]{${digits}}$` });
const text = { type: 'string', minLength: 1 };
const micros = { type: 'integer', minimum: 1_000_000_000_000_000, maximum: 9_007_199_254_740_991 };
const strict = (properties, required) => ({ type: 'object', additionalProperties: false, properties, required });

export const zipkin = {
  type: 'array',
  items: strict({
    traceId: hex(32), id: hex(16), parentId: hex(16), kind: { enum: ['CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'] },
    name: { type: 'string', minLength: 1, pattern: '^[^A-Z]*$' }, timestamp: micros, duration: { type: 'integer', minimum: 1 },
    localEndpoint: strict({ serviceName: { type: 'string', minLength: 1, pattern: '^[^A-Z]*$' } }, ['serviceName']),
    annotations: { type: 'array', items: strict({ timestamp: micros, value: text }, ['timestamp', 'value']) },
    tags: { type: 'object', additionalProperties: { type: 'string' } },
  }, ['traceId', 'id', 'name', 'timestamp', 'duration', 'localEndpoint', 'tags']),
};

const keyValue = {
  oneOf: [
    strict({ key: text, type: { const: 'string' }, value: { type: 'string' } }, ['key', 'type', 'value']),
    strict({ key: text, type: { const: 'int64' }, value: { type: 'integer' } }, ['key', 'type', 'value']),
    strict({ key: text, type: { const: 'bool' }, value: { type: 'boolean' } }, ['key', 'type', 'value']),
  ],
};
const warnings = { type: 'null' };
export const jaeger = strict({
  data: {
    type: 'array',
    items: strict({
      traceID: hex(32), warnings,
      spans: {
        type: 'array', minItems: 1,
        items: strict({
          traceID: hex(32), spanID: hex(16), operationName: text, startTime: micros, duration: { type: 'integer', minimum: 1 }, warnings,
          references: { type: 'array', items: strict({ refType: { enum: ['CHILD_OF', 'FOLLOWS_FROM'] }, traceID: hex(32), spanID: hex(16) }, ['refType', 'traceID', 'spanID']) },
          tags: { type: 'array', items: keyValue }, processID: text,
          logs: { type: 'array', items: strict({ timestamp: micros, fields: { type: 'array', minItems: 1, items: keyValue } }, ['timestamp', 'fields']) },
        }, ['traceID', 'spanID', 'operationName', 'references', 'startTime', 'duration', 'tags', 'logs', 'processID']),
      },
      processes: { type: 'object', additionalProperties: strict({ serviceName: text, tags: { type: 'array', items: keyValue } }, ['serviceName', 'tags']) },
    }, ['traceID', 'spans', 'processes']),
  },
  total: { type: 'integer' }, limit: { type: 'integer' }, offset: { type: 'integer' }, errors: { type: 'null' },
}, ['data']);

function demand(condition, message) {
  if (!condition) throw new Error(message);
}

// Parents are in their own trace, ids are there once.
export function spanTrees(spans) {
  const known = new Map();
  for (const span of spans) {
    demand(!known.has(span.id), `span ${span.id} is there twice`);
    known.set(span.id, span);
  }
  let missing = 0;
  for (const span of spans) {
    if (!span.parent) continue;
    const parent = known.get(span.parent);
    if (parent) demand(parent.trace === span.trace, `span ${span.id} and its parent are in different traces`);
    else ++missing;
  }
  demand(missing * 10 <= spans.length, `${missing} of ${spans.length} spans have a parent that is nowhere`);
  demand(new Set(spans.map((s) => s.trace)).size < spans.length || spans.length < 4, 'no two spans are in one trace');
}

export function jaegerRules(file) {
  const traces = new Set();
  for (const trace of file.data) {
    demand(!traces.has(trace.traceID), `trace ${trace.traceID} is there twice`);
    traces.add(trace.traceID);
    for (const span of trace.spans) {
      demand(span.traceID === trace.traceID, 'a span stands in another trace');
      demand(span.processID in trace.processes, `process ${span.processID} is nowhere`);
    }
  }
  spanTrees(file.data.flatMap((t) => t.spans.map((s) => ({ id: s.spanID, trace: s.traceID, parent: s.references.find((r) => r.refType === 'CHILD_OF')?.spanID }))));
}

// Complete slices of one row nest; arrows begin and end on a slice; asynchronous slices end.
export function perfettoRules(file) {
  demand(Array.isArray(file.traceEvents) && file.traceEvents.length > 0, 'there are no events');
  const rows = new Map(), flows = new Map(), apart = new Map();
  const nanos = (number) => Math.round(number * 1000);
  for (const event of file.traceEvents) {
    demand(['X', 'i', 'b', 'e', 's', 'f', 'M'].includes(event.ph), `phase ${event.ph}`);
    demand(Number.isInteger(event.pid) && event.pid > 0 && typeof event.name === 'string' && event.name !== '', 'pid and name');
    if (event.ph === 'M') continue;
    demand(Number.isFinite(event.ts) && event.ts >= 0 && Number.isInteger(event.tid), 'ts and tid');
    const row = `${event.pid}/${event.tid}`;
    if (event.ph === 'X') {
      demand(event.dur > 0, 'a slice without length');
      if (!rows.has(row)) rows.set(row, []);
      rows.get(row).push([nanos(event.ts), nanos(event.ts) + nanos(event.dur)]);
    }
    if (event.ph === 's' || event.ph === 'f') (flows.get(event.id) ?? flows.set(event.id, []).get(event.id)).push({ ...event, row, at: nanos(event.ts) });
    if (event.ph === 'b' || event.ph === 'e') apart.set(event.id, (apart.get(event.id) ?? 0) + (event.ph === 'b' ? 1 : -1));
  }
  for (const [row, slices] of rows) {
    slices.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    const open = [];
    for (const slice of slices) {
      while (open.length && open.at(-1)[1] <= slice[0]) open.pop();
      if (open.length) demand(slice[1] <= open.at(-1)[1], `slices of row ${row} overlap at ${slice[0]} ns`);
      open.push(slice);
    }
  }
  for (const [id, ends] of flows) {
    demand(ends.length === 2 && ends[0].ph === 's' && ends[1].ph === 'f' && ends[0].at <= ends[1].at, `arrow ${id} has no two ends in order`);
    for (const end of ends) demand((rows.get(end.row) ?? []).some(([from, to]) => from <= end.at && end.at <= to), `arrow ${id} ends on no slice`);
  }
  for (const [id, count] of apart) demand(count === 0, `slice ${id} does not end`);
}
