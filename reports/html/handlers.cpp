// SPDX-License-Identifier: Apache-2.0
// Which handlers may be handed a message twice, and which messages may come in any order: the two matrices, for the pages of these
// questions and, smaller, for the consistency report. Of a search that was cut short nothing is called good: what was not
// looked at may differ, and the cell says "no difference so far".
#include <algorithm>

#include <fmt/format.h>

#include "reports/html/marks.hpp"
#include "reports/html/parts.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

using namespace family;

constexpr std::size_t most_findings = 8;

std::string_view verdict_words(HandlerVerdict verdict, bool complete) {
  if (complete) return name_of(verdict);
  return verdict == HandlerVerdict::idempotent ? none_so_far : verdict == HandlerVerdict::vacuous ? "not handled so far" : name_of(verdict);
}

void mark(Markup& to, bool complete, bool tried, bool found) {
  to.open("td", {{"class", found ? "fail" : !tried ? "vacuous" : complete ? "pass-plain" : "unsure"}});
  if (!tried && !found) to.leaf("span", {{"class", "note"}}, complete ? "not tried" : "not tried so far");
  else verdict_mark(to, found ? VerdictKind::fail : so_far(VerdictKind::pass, complete), found ? "differs" : complete ? "the same" : none_so_far);
  to.close();
}

void handler_row(Markup& to, const HandlerReport& handler, bool complete) {
  const VerdictKind kind = so_far(kind_of(handler.verdict), complete);
  to.open("tr");
  to.open("th", {{"scope", "row"}});
  to.text(handler.service + "." + handler.name);
  to.leaf("span", {{"class", "note"}}, handler.input + (handler.command ? " (command)" : ""));
  to.close();
  to.open("td", {{"class", std::string(class_name(kind))}});
  verdict_mark(to, kind, verdict_words(handler.verdict, complete));
  if (handler.refused != 0) to.leaf("span", {{"class", "note"}}, "refuses with an error");
  to.close();
  const bool tried = handler.tried != 0;
  mark(to, complete, tried, handler.at_once.has_value());
  mark(to, complete, tried, handler.later.has_value() || handler.at_once.has_value());
  mark(to, complete, handler.crashes != 0, handler.interrupted.has_value());
  to.open("td");
  if (handler.messages == 0) {
    to.leaf("span", {{"class", "note"}}, complete ? "never reached" : "not reached so far");
  } else {
    to.text(fmt::format("{} in {}", counted(handler.messages, "message"), counted(handler.states, "state")));
    to.leaf("span", {{"class", "note"}}, fmt::format("{} tried, {} interrupted", counted(handler.tried, "situation"), thousands(handler.crashes)));
  }
  to.close();
  to.close();
}

// The same on a narrow page: the verdict, and only what differs.
void handler_card(Markup& to, const HandlerReport& handler, bool complete) {
  const VerdictKind kind = so_far(kind_of(handler.verdict), complete);
  to.open("div", {{"class", "card"}});
  to.open("p", {{"class", "name"}});
  to.leaf("b", handler.service + "." + handler.name);
  to.text(" ");
  to.leaf("span", {{"class", "note"}}, handler.input + (handler.command ? " (command)" : ""));
  to.close();
  to.open("ul");
  to.open("li", {{"class", std::string(class_name(kind))}});
  verdict_mark(to, kind, verdict_words(handler.verdict, complete));
  std::string differs;
  const auto add = [&differs](bool found, std::string_view words) {
    if (found) differs += std::string(differs.empty() ? "differs " : ", ") + std::string(words);
  };
  add(handler.at_once.has_value(), "twice in a row");
  add(handler.later.has_value() || handler.at_once.has_value(), "with a late copy");
  add(handler.interrupted.has_value(), "when it is interrupted");
  if (!differs.empty()) to.leaf("span", {{"class", "note"}}, differs);
  if (handler.refused != 0) to.leaf("span", {{"class", "note"}}, "refuses with an error");
  if (handler.messages != 0) to.leaf("span", {{"class", "note"}}, fmt::format("{} in {}", counted(handler.messages, "message"), counted(handler.states, "state")));
  to.close();
  to.close();
  to.close();
}

bool met(const CommuteReport::Service& service) {
  return std::any_of(service.pairs.begin(), service.pairs.end(), [](const PairReport& pair) { return pair.verdict != PairVerdict::vacuous; });
}

void pair_cell(Markup& to, const PairReport& pair, bool complete) {
  switch (pair.verdict) {
    case PairVerdict::vacuous: to.leaf("span", {{"class", "note"}}, complete ? "never met" : "not met so far"); return;
    case PairVerdict::commute: verdict_mark(to, so_far(VerdictKind::pass, complete), complete ? "commutes" : none_so_far); return;
    case PairVerdict::after_retry: verdict_mark(to, VerdictKind::inconclusive, "after a retry"); return;
    case PairVerdict::conflict: verdict_mark(to, VerdictKind::fail, "conflict"); return;
  }
}

std::string_view pair_tint(PairVerdict verdict, bool complete) {
  return verdict == PairVerdict::conflict ? "fail" : verdict == PairVerdict::vacuous ? "vacuous" : verdict == PairVerdict::after_retry || !complete ? "unsure" : "pass-plain";
}

void pairs_matrix(Markup& to, const CommuteReport::Service& service, bool complete) {
  part_title(to, service.name);
  to.open("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "Pairs of " + service.name}});
  to.open("table", {{"class", "matrix pairs"}});
  to.open("thead");
  to.open("tr");
  to.leaf("th", {{"scope", "col"}}, "with");
  for (const std::string& input : service.inputs) to.leaf("th", {{"scope", "col"}}, input);
  to.close();
  to.close();
  to.open("tbody");
  for (std::size_t a = 0; a < service.inputs.size(); ++a) {
    to.open("tr");
    to.leaf("th", {{"scope", "row"}}, service.inputs[a]);
    for (std::size_t b = 0; b < service.inputs.size(); ++b) {
      const PairReport& pair = service.pair(std::min(a, b), std::max(a, b));
      to.open("td", {{"class", b < a ? "mirrored" : std::string(pair_tint(pair.verdict, complete))}});
      pair_cell(to, pair, complete);
      to.close();
    }
    to.close();
  }
  to.close();
  to.close();
  to.close();
}

// "payment.charge: OrderPlaced o-1 handled twice: row changed ...", a sentence each.
std::vector<std::string> differences(const IdempotencyReport& report) {
  std::vector<std::string> out;
  for (const HandlerReport& handler : report.handlers) {
    const std::string name = handler.service + "." + handler.name;
    const std::optional<Finding>& again = handler.at_once ? handler.at_once : handler.later;
    if (again) {
      std::string changes;
      for (std::size_t i = 0; i < std::min<std::size_t>(3, again->changes.size()); ++i) changes += (i == 0 ? "" : "; ") + family::to_text(again->changes[i]);
      if (again->changes.size() > 3) changes += fmt::format("; and {} more", again->changes.size() - 3);
      out.push_back(fmt::format("{}, handed {} a second time{}: {}.", name, again->message, handler.at_once ? "" : " later", changes));
    }
    if (handler.interrupted) {
      out.push_back(fmt::format("{}, interrupted by a crash before \"{}\" and handed {} again, leaves something else than handling it once.", name, handler.interrupted->place,
                                handler.interrupted->message));
    }
  }
  return out;
}

std::vector<std::string> conflicts(const CommuteReport& report) {
  std::vector<std::string> out;
  for (const CommuteReport::Service& service : report.services) {
    for (const PairReport& pair : service.pairs) {
      if (!pair.conflict) continue;
      const Conflict& found = *pair.conflict;
      std::string text = fmt::format("{}: {} and {}", service.name, found.first, found.second);
      if (pair.verdict == PairVerdict::after_retry) {
        text += " end alike only after a retry";
      } else {
        const bool forwards = !found.first_then_second.empty();
        const std::vector<std::string>& left = forwards ? found.first_then_second : found.second_then_first;
        if (!left.empty()) text += fmt::format("; only if {} comes first: {}", forwards ? found.first : found.second, left.front());
      }
      out.push_back(text + ".");
    }
  }
  return out;
}

std::string how_far(const Extent& extent) {
  if (extent.complete) return fmt::format("all {} within the scenario's bounds were looked at", counted(extent.counts.states, "state"));
  return fmt::format("{} looked at, not all; {}", counted(extent.counts.states, "state was", "states were"),
                     extent.interrupted ? "an interrupt came first" : "the commands below look further");
}

}  // namespace

VerdictKind kind_of(HandlerVerdict verdict) {
  return verdict == HandlerVerdict::idempotent ? VerdictKind::pass : verdict == HandlerVerdict::vacuous ? VerdictKind::vacuous : VerdictKind::fail;
}

VerdictKind so_far(VerdictKind kind, bool complete) { return kind == VerdictKind::pass && !complete ? VerdictKind::inconclusive : kind; }

std::string handlers_table(const IdempotencyReport& report) {
  Markup to;
  to.open("div", {{"class", "scroll wide-only"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "Handlers"}});
  to.open("table", {{"class", "matrix family"}});
  to.open("thead");
  to.open("tr");
  for (const char* name : {"Handler", "Verdict", "Twice in a row", "A late copy", "Interrupted", "How far"}) to.leaf("th", {{"scope", "col"}}, name);
  to.close();
  to.close();
  to.open("tbody");
  for (const HandlerReport& handler : report.handlers) handler_row(to, handler, report.extent.complete);
  to.close();
  to.close();
  to.close();
  to.open("div", {{"class", "cards narrow-only"}});
  for (const HandlerReport& handler : report.handlers) handler_card(to, handler, report.extent.complete);
  to.close();
  return to.take();
}

std::string pairs_matrices(const CommuteReport& report) {
  const bool complete = report.extent.complete;
  Markup to;
  for (const CommuteReport::Service& service : report.services) pairs_matrix(to, service, complete);
  to.leaf("p", {{"class", "note"}}, complete ? "Never met: the two never waited for the service side by side, since a broker keeps them in order or one comes from the other."
                                             : "Not met so far: in what was looked at the two did not wait for the service side by side. Not everything was looked at.");
  return to.take();
}

std::string handlers_section(const Scenario& scenario, const FamiliesAside& families) {
  Markup to;
  if (!families.why_not.empty()) {
    to.leaf("p", {{"class", "note"}}, families.why_not);
    return to.take();
  }
  const auto command = [&](std::string_view name) { return without_folders(command_line(scenario, name, families.overrides, ""), scenario); };
  if (families.idempotency) {
    const IdempotencyReport& report = *families.idempotency;
    part_title(to, "Idempotency", how_far(report.extent));
    to.verbatim(handlers_table(report));
    if (const auto lines = differences(report); !lines.empty()) to.verbatim(bullet_list(lines, most_findings));
  }
  if (families.commute) {
    const CommuteReport& report = *families.commute;
    part_title(to, "Order of messages", how_far(report.extent));
    std::string apart;  // services that no two messages waited for
    for (const CommuteReport::Service& service : report.services) {
      if (met(service)) pairs_matrix(to, service, report.extent.complete);
      else apart += (apart.empty() ? "" : ", ") + service.name;
    }
    if (!apart.empty()) {
      to.leaf("p", {{"class", "note"}}, fmt::format("{}: {}no two messages waited for the service side by side, so no order was put to the test.", apart,
                                                   report.extent.complete ? "" : "in what was looked at "));
    }
    if (const auto lines = conflicts(report); !lines.empty()) to.verbatim(bullet_list(lines, most_findings));
  }
  to.verbatim(commands_to_type({{"Every difference with the way there, and looked at without the limit of this page:", command("idempotency")}, {"The same for orders:", command("commute")}}));
  return to.take();
}

}  // namespace flowtank::reports::html
