// SPDX-License-Identifier: Apache-2.0
// See family_text.hpp. At most 100 columns; signs are translated at the end where ASCII is asked for.
#include "reports/family_page.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::reports {
namespace {

using namespace family;

bool bad(HandlerVerdict verdict) { return verdict == HandlerVerdict::not_idempotent || verdict == HandlerVerdict::not_later || verdict == HandlerVerdict::not_retryable; }

// "2,000 states were looked at and showed no difference; there are more."
std::string so_far_words(const Extent& extent) {
  return fmt::format("{} looked at and showed no difference; there are more.", counted(extent.counts.states, "state was", "states were"));
}

// Everything was looked at, and yet it is not known.
std::string undecided_words(const IdempotencyReport& report) {
  const bool handled = std::any_of(report.handlers.begin(), report.handlers.end(), [](const HandlerReport& h) { return h.verdict != HandlerVerdict::vacuous; });
  if (!handled) return "Nothing was put to the test: no handler ever handled a message.";
  return "Undecided: every handler is idempotent, but not all outcomes of the system with one more copy are known.";
}

std::string handler_words(const HandlerReport& handler) { return handler.service + "." + handler.name; }

// Of an exploration that was cut short nothing is good yet: what was not looked at may differ. `complete`: everything was.
std::string verdict_cell(const HandlerReport& handler, bool complete, const Paint& paint) {
  if (!complete && handler.verdict == HandlerVerdict::idempotent) return paint.unsure("? no difference so far");
  if (!complete && handler.verdict == HandlerVerdict::vacuous) return paint.dim("○ not handled so far");
  const std::string name(name_of(handler.verdict));
  switch (handler.verdict) {
    case HandlerVerdict::idempotent: return paint.pass("✓ " + name) + (handler.refused != 0 ? paint.unsure(" (refuses with an error)") : "");
    case HandlerVerdict::not_idempotent:
    case HandlerVerdict::not_later:
    case HandlerVerdict::not_retryable: return paint.fail("✗ " + name);
    case HandlerVerdict::vacuous: return paint.dim("○ " + name);
  }
  return name;
}

void finding(FamilyPage& page, const HandlerReport& handler, const Finding& found, const std::string& moment) {
  page.line();
  page.line(fmt::format("{} {}", page.paint().strong_fail("✗"), page.paint().bold(printable(handler_words(handler)))));
  page.block(fmt::format("{} of {}, {}:", with_capital(std::string(name_of(found.how))), found.message, moment == "at once" ? "right after the first" : "later"), 4);
  std::vector<std::string> changes;
  for (const Change& change : found.changes) changes.push_back(family::to_text(change));
  page.list("changes", changes);
  page.labelled("after", path_words(found.business));
  page.replay(handler_words(handler) + " " + moment, found.shows_it ? "" : "up to where it is handled once more");
}

void interruption(FamilyPage& page, const HandlerReport& handler, const Finding& found) {
  page.line();
  page.line(fmt::format("{} {}", page.paint().strong_fail("✗"), page.paint().bold(printable(handler_words(handler)))));
  page.block(fmt::format("{}, interrupted by a crash before \"{}\" and handled again:", found.message, found.place), 4);
  page.list("leaves", found.here_only.empty() ? std::vector<std::string>{"nothing more"} : found.here_only);
  page.list("once", found.once_only.empty() ? std::vector<std::string>{"nothing more"} : found.once_only);
  page.labelled("after", path_words(found.business));
  page.replay(handler_words(handler) + " interrupted", "up to where it is handled");
}

void system_part(FamilyPage& page, const SystemForm& form) {
  if (!form.asked) return;
  page.line();
  const char* what = "The system with one more copy of any message, at any later position: ";
  switch (form.verdict) {
    case VerdictKind::pass:
      page.line(page.paint().pass("✓ ") + what);
      page.block(fmt::format("every outcome ({} of {}) is one that it has without the copy, too.", form.ends_with, form.ends_without), 4);
      return;
    case VerdictKind::fail:
      page.line(page.paint().strong_fail("✗ ") + what);
      page.block(fmt::format("{} of {} outcomes {} new. The shortest way to one, against the most similar outcome without the copy:", form.more, form.ends_with,
                             form.more == 1 ? "is" : "are"), 4);
      page.list("now", form.here_only);
      page.list("without", form.there_only);
      page.labelled("after", path_words(form.business));
      page.replay("system", "");
      return;
    case VerdictKind::inconclusive:
      page.line(page.paint().unsure("? ") + what);
      page.block("undecided: " + form.note + (form.more != 0 ? fmt::format("; {} outcomes were not seen without it", form.more) : "") + ".", 4);
      return;
    case VerdictKind::vacuous: break;
  }
  page.line(page.paint().dim("○ ") + what);
  page.block("nothing was shown: " + form.note + ".", 4);
}

std::string pair_cell(const PairReport& pair, bool complete, const Paint& paint) {
  if (!complete && pair.verdict == PairVerdict::commute) return paint.unsure("?");
  switch (pair.verdict) {
    case PairVerdict::vacuous: return paint.dim("·");
    case PairVerdict::commute: return paint.pass("✓");
    case PairVerdict::after_retry: return paint.unsure("~");
    case PairVerdict::conflict: return paint.fail("✗");
  }
  return "";
}

void matrix(FamilyPage& page, const CommuteReport::Service& service, bool complete) {
  std::size_t width = 0;
  for (const std::string& input : service.inputs) width = std::max(width, width_of(printable(input)));
  page.line(page.paint().bold(printable(service.name)));
  const std::size_t count = service.inputs.size();
  std::string head = std::string(width + 7, ' ');
  for (std::size_t b = 0; b < count; ++b) head += padded_left(std::to_string(b + 1), 4);
  page.line(page.paint().dim(head));
  for (std::size_t a = 0; a < count; ++a) {
    std::string row = "  " + padded_left(std::to_string(a + 1), 2) + " " + padded(printable(service.inputs[a]), width) + "  ";
    for (std::size_t b = 0; b < count; ++b) row += b < a ? "    " : "   " + pair_cell(service.pair(a, b), complete, page.paint());
    page.line(row);
  }
}

void conflict(FamilyPage& page, const CommuteReport::Service& service, const PairReport& pair) {
  const Conflict& found = *pair.conflict;
  const bool retry = pair.verdict == PairVerdict::after_retry;
  page.line();
  page.line(fmt::format("{} {}", retry ? page.paint().unsure("~") : page.paint().strong_fail("✗"),
                        page.paint().bold(printable(fmt::format("{}: {} and {}", service.name, found.first, found.second)))));
  page.block(fmt::format("{}{}", found.same_key ? "of the same key" : "of different keys", retry ? "; alike again once the one that came too early is retried" : ""), 4);
  page.labelled("", fmt::format("{}, then {}:", found.first, found.second));
  page.list("leaves", found.first_then_second.empty() ? std::vector<std::string>{"nothing else"} : found.first_then_second);
  page.labelled("", fmt::format("{}, then {}:", found.second, found.first));
  page.list("leaves", found.second_then_first.empty() ? std::vector<std::string>{"nothing else"} : found.second_then_first);
  page.labelled("after", path_words(found.business));
  page.replay(fmt::format("{} {} {}", service.name, pair.left, pair.right), "up to where both wait");
}

}  // namespace

std::string idempotency_text(const Scenario& scenario, const IdempotencyReport& report, const FamilyFiles& files, const TerminalStyle& style) {
  FamilyPage page(style, files);
  page.header(scenario, "Is it safe to hand every message out twice?");
  std::size_t width = 7, input_width = 7;
  for (const HandlerReport& handler : report.handlers) {
    width = std::max(width, width_of(printable(handler_words(handler))));
    input_width = std::max(input_width, width_of(printable(handler.input)) + (handler.command ? 10 : 0));
  }
  if (!page.quiet()) {
    page.line(page.paint().dim("  " + padded("handler", width + 2) + padded("handles", input_width + 2) + padded_left("messages", 8) + padded_left("states", 10) +
                               padded_left("tried", 8) + "  verdict"));
    for (const HandlerReport& handler : report.handlers) {
      page.line("  " + padded(printable(handler_words(handler)), width + 2) + padded(printable(handler.input) + (handler.command ? " (command)" : ""), input_width + 2) +
                padded_left(thousands(handler.messages), 8) + padded_left(thousands(handler.states), 10) + padded_left(thousands(handler.tried), 8) + "  " +
                verdict_cell(handler, report.extent.complete, page.paint()));
    }
  }
  std::size_t wrong = 0, fragile = 0;
  for (const HandlerReport& handler : report.handlers) {
    if (handler.verdict == HandlerVerdict::not_retryable) ++fragile;
    else if (bad(handler.verdict)) ++wrong;
    if (handler.at_once) finding(page, handler, *handler.at_once, "at once");
    else if (handler.later) finding(page, handler, *handler.later, "later");
    if (handler.interrupted) interruption(page, handler, *handler.interrupted);
  }
  system_part(page, report.system);
  if (!page.quiet()) {
    page.line();
    page.covered("looked at", report.extent);
    page.left_out(report.left_out);
    std::uint64_t blocked = 0;
    for (const HandlerReport& handler : report.handlers) blocked += handler.blocked;
    if (blocked != 0) page.labelled("not tried", counted(blocked, "situation") + ": no instance was free, or a lock was held", 2, 11);
  }
  const int exit = report.exit();
  const auto count = [](std::size_t n, const char* what) { return counted(n, "handler") + (n == 1 ? " is not " : " are not ") + what; };
  std::string end = wrong != 0 && fragile != 0 ? page.paint().strong_fail(count(wrong, "idempotent") + ", " + count(fragile, "safe to interrupt."))
                    : fragile != 0 ? page.paint().strong_fail(count(fragile, "safe to interrupt."))
                    : wrong != 0 ? page.paint().strong_fail(counted(wrong, "handler") + (wrong == 1 ? " is" : " are") + " not idempotent.")
                    : exit == 1 ? page.paint().strong_fail("The system has outcomes that it would not have without the copy.")
                    : !report.extent.complete ? page.paint().unsure("Undecided: " + so_far_words(report.extent))
                    : exit == 4 ? page.paint().unsure(undecided_words(report))
                                : page.paint().strong_pass("Every handler that was reached is idempotent.");
  page.last(end, exit);
  return page.text();
}

std::string commute_text(const Scenario& scenario, const CommuteReport& report, const FamilyFiles& files, const TerminalStyle& style) {
  FamilyPage page(style, files);
  page.header(scenario, "Does it matter in which order messages arrive?");
  const bool complete = report.extent.complete;
  std::uint64_t conflicts = 0, pairs = 0, met = 0;
  for (const CommuteReport::Service& service : report.services) {
    if (!page.quiet()) matrix(page, service, complete);
    for (const PairReport& pair : service.pairs) {
      ++pairs;
      if (pair.verdict != PairVerdict::vacuous) ++met;
      if (pair.verdict == PairVerdict::conflict) ++conflicts;
    }
  }
  if (!page.quiet()) {
    page.line(page.paint().dim(complete ? "\n  ✓ commute   ~ commute after a retry   ✗ conflict   · never waited side by side"
                                        : "\n  ? no difference so far   ~ commute after a retry   ✗ conflict   · not met so far"));
  }
  for (const CommuteReport::Service& service : report.services) {
    for (const PairReport& pair : service.pairs) {
      if (pair.conflict && (!page.quiet() || pair.verdict == PairVerdict::conflict)) conflict(page, service, pair);
    }
  }
  if (!page.quiet()) {
    page.line();
    if (report.ends) {
      std::string text = report.ends->different == 0 ? "no run ends" : report.ends->different == 1 ? "all orders end alike (confluent)" : fmt::format("{} different outcomes over all orders and faults", report.ends->different);
      if (report.ends->counts_end) text += fmt::format("; some effect takes place {} times or more, where counts end", World::most_observed);
      if (!report.ends->extent.complete) text = fmt::format("at least {}; not all orders were looked at", counted(report.ends->different, "outcome"));
      page.labelled("runs", text, 2, 11);
      if (report.ends->examples.size() > 1) {
        std::vector<std::string> one, two;
        difference_of(report.ends->examples[0].lines, report.ends->examples[1].lines, one, two);
        page.list("one end", one, 4);
        page.list("another", two, 4);
      }
    }
    page.covered("looked at", report.extent);
    page.left_out(report.left_out);
  }
  const int exit = report.exit();
  page.last(conflicts != 0 ? page.paint().strong_fail(fmt::format("{} of {} pairs that met {}.", conflicts, met, conflicts == 1 ? "conflicts" : "conflict"))
            : !complete    ? page.paint().unsure("Undecided: " + so_far_words(report.extent))
            : exit == 4    ? page.paint().unsure("Nothing was put to the test: no two messages ever waited side by side.")
                           : page.paint().strong_pass(fmt::format("All {} pairs that met commute ({} never met).", met, pairs - met)),
            exit);
  return page.text();
}

}  // namespace flowtank::reports
