// SPDX-License-Identifier: Apache-2.0
// A trace for the viewers that people already use. One small file a format, over one model of spans (span_model.hpp); a trace
// is walked from front to back and written piece by piece, so memory is bounded whatever its size.
//
// Every format is a function of the trace and the options: the same trace gives the same bytes. Text of users is made
// printable and then escaped as the format demands, so that nothing in it acts on a viewer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/trace/reader.hpp>

#include "reports/export/output.hpp"
#include "reports/export/span_model.hpp"

namespace flowtank::reports {

enum class ExportFormat : std::uint8_t { otlp, zipkin, jaeger, perfetto, cloudevents, cloudevents_batch, mermaid, plantuml, csv };

// "otlp", "zipkin", ... in the order of the enumeration.
std::vector<std::string> export_formats();
std::optional<ExportFormat> export_format_of(std::string_view name);
std::string_view to_text(ExportFormat format);

// "messaging.system" of OpenTelemetry for a kind of broker, when it is sent to and when it is received from.
struct SystemNames {
  std::string sends = "flowtank";
  std::string receives = "flowtank";
};

struct ExportOptions {
  ExportFormat format = ExportFormat::otlp;
  std::int64_t epoch = default_epoch;        // nanoseconds since 1970 at virtual time 0
  std::optional<std::uint64_t> limit;        // diagrams: lines at most; else as much as their viewers take
  std::optional<RecordId> only;              // only the trace that this record belongs to
  std::string version;                       // of the program, for what names its writer
  std::map<std::string, SystemNames> systems;  // by kind of broker; a kind that is not there has the names above
};

struct ExportResult {
  bool whole = false;          // false: the trace is damaged (see its problems()), or `out` could not write
  std::uint64_t written = 0;   // spans, events, lines or rows, as the format has them
  std::uint64_t left_out = 0;  // diagrams: lines beyond the limit
};

// Nothing and diagnostics (FT-EXPORT-001: the trace's level does not hold what the format shows) when it makes no sense.
std::optional<ExportResult> export_trace(const TraceReader& trace, const ExportOptions& options, Output& out, Diagnostics& diagnostics);

// "2026-11-23T17:00:00Z" or a number of seconds since 1970, in nanoseconds; nothing when it is neither or before 1970 or after 2200.
std::optional<std::int64_t> parse_epoch(std::string_view text);
// "2020-01-01T00:00:00.100000000Z"
std::string rfc3339(std::int64_t nanoseconds);

}  // namespace flowtank::reports
