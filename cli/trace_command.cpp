// SPDX-License-Identifier: Apache-2.0
// trace: opens a trace file and shows what is asked for; without a question its summary. Exit 2 when the file or the
// question is wrong, 1 when two traces differ or a check of one fails, otherwise 0.
#include "cli/trace_command.hpp"

#include <limits>

#include <fmt/format.h>

#include <reports/text.hpp>
#include <reports/trace_view.hpp>
#include <sim/scenario/reading.hpp>
#include <sim/trace/compare.hpp>

#include "cli/face.hpp"

namespace flowtank::cli {
namespace {

constexpr std::uint64_t default_limit = 200;

class TraceQuestion {
 public:
  TraceQuestion(const CommandLine& line, const Face& face, const TraceReader& reader) : line_(line), asked_(line.trace_asked), face_(face), view_(reader) {}

  int answer() {
    if (asked_.verify) return verify();
    if (!asked_.against.empty()) return against();
    if (!asked_.past.empty()) return causes(asked_.past, true);
    if (!asked_.future.empty()) return causes(asked_.future, false);
    if (!asked_.state.empty()) return state();
    if (!asked_.history.empty()) return history();
    if (asked_.list || !asked_.filter.empty()) return list();
    return done(view_.summary(line_.json));
  }

 private:
  const TraceReader& reader() const { return view_.reader(); }

  int done(const std::string& text, int exit = 0) {
    const bool said = say(stdout, face_.ascii ? reports::ascii_lines(text) : text);
    if (reader().problems().errors() != 0) {
      print(reader().problems(), face_);
      return 2;
    }
    return said ? exit : 2;
  }
  int wrong() {
    print(diagnostics_, face_);
    return 2;
  }

  int verify() {
    const bool whole = reader().verify();
    if (reader().problems().errors() != 0) print(reader().problems(), face_);
    std::string text;
    if (whole) {
      text = fmt::format("{}: whole; {} in {}, fingerprint of the run {:016x}, of the trace {:016x}\n", reports::printable(reader().name()),
                         reports::counted(reader().size(), "record"), reports::counted(reader().chunks().size(), "chunk"), reader().end()->fingerprint,
                         reader().running());
    } else {
      text = fmt::format("{}: not whole\n", reports::printable(reader().name()));
    }
    return say(stdout, text) ? (whole ? 0 : 1) : 2;
  }

  int against() {
    const auto other = TraceReader::open(asked_.against, diagnostics_);
    if (other == nullptr) return wrong();
    print(diagnostics_, face_);
    const reports::TraceView theirs(*other);
    if (reader().identity().level != other->identity().level) {
      print_error(fmt::format("the traces are of different levels, {} and {}", to_text(reader().identity().level), to_text(other->identity().level)),
                  "Record both with the same --trace-level.", face_);
      return 2;
    }
    const auto found = first_difference(view_.records(), view_.records().pool(), theirs.records(), theirs.records().pool());
    if (!found) return done(fmt::format("the traces are the same: {}\n", reports::counted(reader().size(), "record")));
    return done(view_.difference(*found, theirs), 1);
  }

  std::uint64_t limit() const { return asked_.limit.value_or(line_.json ? std::numeric_limits<std::uint64_t>::max() : default_limit); }

  int causes(const std::string& of, bool past) {
    const auto id = view_.find(of, past ? reports::TraceView::Keys::last : reports::TraceView::Keys::first, diagnostics_);
    if (!id) return wrong();
    return done(past ? view_.past(*id, limit(), line_.json) : view_.future(*id, limit(), line_.json));
  }

  int state() {
    std::optional<std::uint32_t> table;
    if (asked_.state != "all") {
      table = view_.table(asked_.state, diagnostics_);
      if (!table) return wrong();
    }
    const auto at = when();
    if (!at) return wrong();
    const bool changes = (kinds_of(reader().identity().level) & bit_of(RecordKind::row_changed)) != 0;
    if (!changes) {
      print_error(fmt::format("a trace of the level {} has no states", to_text(reader().identity().level)),
                  "Record it with --trace-level full, or normal for rows alone.", face_);
      return 2;
    }
    return done(view_.state(table, *at, line_.json));
  }

  // The last record, one by number, or the last one until a time.
  std::optional<RecordId> when() {
    if (reader().size() == 0) {
      add("FT-TRACE-006", "the trace has no records", "");
      return std::nullopt;
    }
    if (asked_.at.empty()) return static_cast<RecordId>(reader().size() - 1);
    if (asked_.at.find_first_not_of("#0123456789") == std::string::npos) return view_.find(asked_.at, reports::TraceView::Keys::none, diagnostics_);
    const auto time = loading::parse_duration(asked_.at);
    if (!time) {
      add("FT-TRACE-008", fmt::format("\"{}\" is neither a record nor a time", reports::printable(asked_.at)), "For example --at 110, --at 1.5s or --at 250ms.");
      return std::nullopt;
    }
    const std::size_t count = reader().count_until(Time::start() + *time);
    if (count == 0) {
      add("FT-TRACE-006", fmt::format("nothing has happened at {} yet", to_string(*time)),
          fmt::format("The first record is at {}.", to_string(reader().record(0).time)));
      return std::nullopt;
    }
    return static_cast<RecordId>(count - 1);
  }

  int history() {
    const auto table = view_.table(asked_.history, diagnostics_);
    if (!table) return wrong();
    const std::string text = view_.history(*table, asked_.key, line_.json);
    if (!text.empty()) return done(text);
    add("FT-TRACE-006", fmt::format("{} has no row \"{}\" that changed", reports::printable(view_.system().tables[*table].display), reports::printable(asked_.key)),
        fmt::format("flowtank trace {} --state {} shows its rows.", reports::shell_word(reader().name()), asked_.history));
    return wrong();
  }

  int list() {
    reports::RecordFilter wanted;
    std::string error;
    if (!asked_.filter.empty()) {
      auto made = view_.filter(asked_.filter, error, diagnostics_);
      if (!made) return wrong();
      wanted = std::move(*made);
    }
    bool said = true;
    bool any = false;
    view_.list(wanted, limit(), line_.json, [&](std::string_view text) {
      any = any || text.find('#') != std::string_view::npos || line_.json;
      said = said && say(stdout, face_.ascii ? reports::ascii_lines(text) : std::string(text));
    });
    if (!any && !error.empty()) print_error("the filter had no value for some records: " + error, "", face_);
    const int exit = done("");
    return said ? exit : 2;
  }

  void add(std::string code, std::string message, std::string hint) {
    Diagnostic d;
    d.code = std::move(code);
    d.file = reader().name();
    d.message = std::move(message);
    d.hint = std::move(hint);
    diagnostics_.add(std::move(d));
  }

  const CommandLine& line_;
  const TraceArguments& asked_;
  const Face& face_;
  reports::TraceView view_;
  Diagnostics diagnostics_;
};

}  // namespace

int trace_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto reader = TraceReader::open(line.file, diagnostics);
  print(diagnostics, face);
  if (reader == nullptr) return 2;
  return TraceQuestion(line, face, *reader).answer();
}

}  // namespace flowtank::cli
