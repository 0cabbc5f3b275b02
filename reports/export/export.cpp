// SPDX-License-Identifier: Apache-2.0
// See export.hpp: the table of formats, what they share, and dates. A date is reckoned by hand, in the calendar that goes on
// for ever in both directions, so that no library's idea of time comes in.
#include "reports/export/export.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "reports/export/formats.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

constexpr std::array<std::string_view, 9> format_names = {"otlp",    "zipkin",   "jaeger", "perfetto", "cloudevents", "cloudevents-batch",
                                                          "mermaid", "plantuml", "csv"};

std::string said(const std::string& name, bool json) {
  std::string text = printable(name);
  if (!json) return text;
  std::string out;
  append_json(out, text);
  return out;
}

template <typename Things>
std::vector<std::string> names_in(const Things& things, bool json) {
  std::vector<std::string> out;
  for (const auto& thing : things) out.push_back(said(thing.name, json));
  return out;
}

// Days since 1970-01-01, and back: the method of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
std::int64_t days_of(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text[0] == '-' || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::vector<std::string> export_formats() { return {format_names.begin(), format_names.end()}; }

std::optional<ExportFormat> export_format_of(std::string_view name) {
  const auto found = std::find(format_names.begin(), format_names.end(), name);
  if (found == format_names.end()) return std::nullopt;
  return static_cast<ExportFormat>(found - format_names.begin());
}

std::string_view to_text(ExportFormat format) { return format_names[static_cast<std::size_t>(format)]; }

std::optional<std::int64_t> parse_epoch(std::string_view text) {
  constexpr std::int64_t second = 1'000'000'000;
  constexpr std::int64_t last = 7'258'118'400;  // the year 2200: virtual times must fit behind it
  std::optional<std::int64_t> seconds = digits(text);
  if (!seconds && text.size() == 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == 'Z') {
    const auto part = [&](std::size_t at, std::size_t size) { return digits(text.substr(at, size)).value_or(-1); };
    const std::int64_t year = part(0, 4), month = part(5, 2), day = part(8, 2), hour = part(11, 2), minute = part(14, 2), at = part(17, 2);
    constexpr int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || at < 0 || at > 59) return std::nullopt;
    if (day > lengths[month - 1] || (month == 2 && day == 29 && !leap)) return std::nullopt;
    seconds = days_of(year, static_cast<unsigned>(month), static_cast<unsigned>(day)) * 86400 + hour * 3600 + minute * 60 + at;
  }
  if (!seconds || *seconds > last) return std::nullopt;
  return *seconds * second;
}

std::string rfc3339(std::int64_t nanoseconds) {
  const std::int64_t seconds = nanoseconds / 1'000'000'000;
  const std::int64_t days = seconds / 86400 + 719468;
  const std::int64_t era = days / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_from_march = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0);
  const std::int64_t of_day = seconds % 86400;
  char text[32];
  char* at = text;
  const auto put = [&at](std::int64_t value, int width, char after) {
    for (int i = width - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
    at[width] = after;
    at += width + 1;
  };
  put(year, 4, '-');
  put(month, 2, '-');
  put(day, 2, 'T');
  put(of_day / 3600, 2, ':');
  put(of_day / 60 % 60, 2, ':');
  put(of_day % 60, 2, '.');
  put(nanoseconds % 1'000'000'000, 9, 'Z');
  return {text, static_cast<std::size_t>(at - text)};
}

ExportNames::ExportNames(const TraceNames& names, bool json) {
  services = names_in(names.services, json);
  channels = names_in(names.channels, json);
  groups = names_in(names.subscriptions, json);
  messages = names_in(names.messages, json);
  effects = names_in(names.effects, json);
  clients = names_in(names.clients, json);
  faults = names_in(names.faults, json);
  timers = names_in(names.timers, json);
  for (const std::string& broker : names.brokers) brokers.push_back(said(broker, json));
  for (const std::string& property : names.properties) properties.push_back(said(property, json));
  for (const TraceNames::Table& table : names.tables) tables.push_back(said(table.display, json));
  for (const TraceNames::Handler& handler : names.handlers) {
    handlers.push_back((handler.service < services.size() ? services[handler.service] + "." : "") + said(handler.name, json));
    std::vector<std::string> labels;
    for (const std::string& step : handler.steps) labels.push_back(said(step, json));
    steps.push_back(std::move(labels));
  }
}

const std::string& ExportNames::of(const std::vector<std::string>& names, std::uint32_t index) {
  static const std::string nothing;
  return index < names.size() ? names[index] : nothing;
}

void append_span_name(std::string& out, const Exporting& e, const Span& span) {
  const ExportNames& names = e.names;
  switch (span.doing) {
    case Doing::request: {
      const MessageParts message = e.values.message(span.subject);
      const std::string& type = ExportNames::of(names.messages, message.type);
      out += type.empty() ? std::string_view("request") : std::string_view(type);
      return;
    }
    case Doing::serve:
    case Doing::poll:
    case Doing::timer: {
      const std::string& handler = ExportNames::of(names.handlers, span.handler);
      out += handler.empty() ? std::string_view("run") : std::string_view(handler);
      return;
    }
    case Doing::send: (out += "send ") += ExportNames::of(names.channels, span.channel); return;
    case Doing::process: (out += "process ") += ExportNames::of(names.channels, span.channel); return;
    case Doing::settle: ((out += span.what == RecordKind::acked ? "ack" : "nack") += ' ') += ExportNames::of(names.channels, span.channel); return;
    case Doing::happening: break;
  }
  out += kind_name(span.what);
  const std::string* what = nullptr;
  if (span.what == RecordKind::fault || span.what == RecordKind::crash) what = &ExportNames::of(names.faults, span.place);
  else if (span.what == RecordKind::violated) what = &ExportNames::of(names.properties, span.place);
  else what = &ExportNames::of(names.channels, span.channel);
  if (!what->empty()) (out += ' ') += *what;
}

bool is_error(const Span& span) {
  if (span.unfinished) return false;
  return span.outcome == Outcome::error || span.outcome == Outcome::crashed || span.outcome == Outcome::unknown || span.what == RecordKind::crash ||
         span.what == RecordKind::violated || span.what == RecordKind::lost || span.what == RecordKind::dead_lettered;
}

std::string_view link_word(LinkWhy why) {
  switch (why) {
    case LinkWhy::message: return "message";
    case LinkWhy::relay: return "relay";
    case LinkWhy::timer: return "timer";
    case LinkWhy::fault: return "fault";
    case LinkWhy::retry: return "retry";
  }
  return "message";
}

namespace {

std::vector<SystemNames> systems_of(const TraceNames& names, const ExportOptions& options) {
  std::vector<SystemNames> out;
  for (const TraceNames::Owned& channel : names.channels) {
    const auto found = channel.owner < names.broker_kinds.size() ? options.systems.find(names.broker_kinds[channel.owner]) : options.systems.end();
    SystemNames& system = out.emplace_back();
    if (found == options.systems.end()) continue;
    system = {said(found->second.sends, true), said(found->second.receives, true)};
  }
  return out;
}

}  // namespace

std::optional<ExportResult> export_trace(const TraceReader& trace, const ExportOptions& options, Output& out, Diagnostics& diagnostics) {
  const bool of_messages = options.format != ExportFormat::csv;
  if (of_messages && (kinds_of(trace.identity().level) & bit_of(RecordKind::handler_begin)) == 0) {
    Diagnostic d;
    d.code = "FT-EXPORT-001";
    d.file = trace.name();
    d.message = fmt::format("a trace of the level {} holds no messages, so there is nothing to write as {}", flowtank::to_text(trace.identity().level), to_text(options.format));
    d.hint = "Record it with --trace-level normal, or write it as csv.";
    diagnostics.add(std::move(d));
    return std::nullopt;
  }
  SpanModel model(trace, options.epoch);
  ValueTexts values(trace);
  const ExportNames names(trace.names(), true);
  ExportResult result;
  Exporting e{trace, options, out, model, values, names, result, options.only ? model.home(*options.only).root : no_record, systems_of(trace.names(), options)};
  bool whole = false;
  switch (options.format) {
    case ExportFormat::otlp: whole = export_otlp(e); break;
    case ExportFormat::zipkin: whole = export_zipkin(e); break;
    case ExportFormat::jaeger: whole = export_jaeger(e); break;
    case ExportFormat::perfetto: whole = export_perfetto(e); break;
    case ExportFormat::cloudevents: whole = export_cloudevents(e, false); break;
    case ExportFormat::cloudevents_batch: whole = export_cloudevents(e, true); break;
    case ExportFormat::mermaid: whole = export_mermaid(e); break;
    case ExportFormat::plantuml: whole = export_plantuml(e); break;
    case ExportFormat::csv: whole = export_csv(e); break;
  }
  result.whole = out.flush() && whole;
  return result;
}

}  // namespace flowtank::reports
