// SPDX-License-Identifier: Apache-2.0
// The answers about families of runs as JSON; the same facts as the text, nothing rounded.
#include <nlohmann/json.hpp>

#include "reports/family_text.hpp"

namespace flowtank::reports {
namespace {

using json = nlohmann::ordered_json;
using namespace family;

json texts(const std::vector<std::string>& lines) {
  json out = json::array();
  for (const std::string& text : lines) out.push_back(printable(text));
  return out;
}

json extent_json(const Extent& extent) {
  json out{{"states", extent.counts.states}, {"transitions", extent.counts.transitions}, {"complete", extent.complete}};
  if (!extent.complete) out["stopped_by"] = extent.interrupted ? "interrupted" : extent.limit_words;
  return out;
}

void add_file(json& out, const FamilyFiles& files, const std::string& key) {
  const auto file = files.find(key);
  if (file != files.end()) out["replay"] = printable(file->second);
}

json finding_json(const Finding& finding) {
  json changes = json::array();
  for (const Change& change : finding.changes) {
    json one{{"kind", name_of(change.kind)}, {"what", printable(change.what)}, {"subject", printable(change.subject)}};
    if (!change.detail.empty()) one["detail"] = printable(change.detail);
    changes.push_back(std::move(one));
  }
  return {{"message", printable(finding.message)}, {"how", name_of(finding.how)}, {"changes", std::move(changes)}, {"after", texts(finding.business)},
          {"replay_shows_it", finding.shows_it}};
}

std::string_view name_of_verdict(HandlerVerdict verdict) {
  switch (verdict) {
    case HandlerVerdict::idempotent: return "idempotent";
    case HandlerVerdict::not_idempotent: return "not_idempotent";
    case HandlerVerdict::not_later: return "not_idempotent_later";
    case HandlerVerdict::not_retryable: return "not_safe_to_interrupt";
    case HandlerVerdict::vacuous: return "vacuous";
  }
  return "";
}

std::string_view name_of_verdict(PairVerdict verdict) {
  switch (verdict) {
    case PairVerdict::vacuous: return "vacuous";
    case PairVerdict::commute: return "commute";
    case PairVerdict::after_retry: return "commute_after_retry";
    case PairVerdict::conflict: return "conflict";
  }
  return "";
}

// What was not refuted is no verdict where the search was cut short: "undecided", and beside it what was seen so far.
template <typename V>
void put_verdict(json& out, V verdict, V unrefuted, bool complete) {
  const bool open = !complete && (verdict == unrefuted || verdict == V::vacuous);
  out["verdict"] = open ? std::string_view("undecided") : name_of_verdict(verdict);
  if (open) out["so_far"] = name_of_verdict(verdict);
}

std::string_view key_of(RebuildVerdict verdict) {
  switch (verdict) {
    case RebuildVerdict::equal: return "equal";
    case RebuildVerdict::differs: return "differs";
    case RebuildVerdict::no_projection: return "no_projection";
    case RebuildVerdict::vacuous: return "vacuous";
    case RebuildVerdict::blocked: return "blocked";
  }
  return "";
}

json side_json(const ComparedSide& side, const FamilyFiles& files, const std::string& key) {
  json out{{"outcomes", side.ends}, {"alone", side.alone}, {"counts_end", side.counts_end}, {"looked_at", extent_json(side.extent)}};
  if (side.alone == 0) return out;
  out["here_only"] = texts(side.here_only);
  out["there_only"] = texts(side.there_only);
  out["after"] = texts(side.business);
  if (const auto file = files.find(key); file != files.end()) out["replay"] = printable(file->second);
  return out;
}

}  // namespace

std::string idempotency_json(const Scenario& scenario, const IdempotencyReport& report, const FamilyFiles& files) {
  json out{{"flowtank", 1}, {"question", "idempotency"}, {"scenario", printable(scenario.file)}, {"title", printable(scenario.title)}};
  json handlers = json::array();
  for (const HandlerReport& handler : report.handlers) {
    const std::string name = handler.service + "." + handler.name;
    json one{{"handler", printable(name)}, {"handles", printable(handler.input)}, {"command", handler.command}};
    put_verdict(one, handler.verdict, HandlerVerdict::idempotent, report.extent.complete);
    one.update({{"messages", handler.messages}, {"states", handler.states}, {"tried", handler.tried}, {"refused", handler.refused}, {"not_tried", handler.blocked}});
    if (handler.at_once) {
      one["at_once"] = finding_json(*handler.at_once);
      add_file(one["at_once"], files, name + " at once");
    }
    if (handler.later) {
      one["later"] = finding_json(*handler.later);
      add_file(one["later"], files, name + " later");
    }
    one["crashes"] = handler.crashes;
    if (handler.interrupted) {
      const Finding& found = *handler.interrupted;
      one["interrupted"] = {{"message", printable(found.message)}, {"before", printable(found.place)}, {"leaves", texts(found.here_only)},
                            {"once", texts(found.once_only)}, {"after", texts(found.business)}};
      add_file(one["interrupted"], files, name + " interrupted");
    }
    handlers.push_back(std::move(one));
  }
  out["handlers"] = std::move(handlers);
  out["looked_at"] = extent_json(report.extent);
  out["ignored"] = texts(report.left_out);
  if (report.system.asked) {
    const SystemForm& form = report.system;
    json system{{"verdict", to_text(form.verdict)}, {"outcomes_without", form.ends_without}, {"outcomes_with", form.ends_with}, {"new", form.more}};
    if (!form.note.empty()) system["note"] = form.note;
    system["without"] = extent_json(form.without);
    system["with"] = extent_json(form.with);
    if (form.more != 0) {
      system["now"] = texts(form.here_only);
      system["most_similar_without"] = texts(form.there_only);
      system["after"] = texts(form.business);
      add_file(system, files, "system");
    }
    out["system"] = std::move(system);
  }
  out["exit"] = report.exit();
  return out.dump(2) + "\n";
}

std::string commute_json(const Scenario& scenario, const CommuteReport& report, const FamilyFiles& files) {
  json out{{"flowtank", 1}, {"question", "commute"}, {"scenario", printable(scenario.file)}, {"title", printable(scenario.title)}};
  json services = json::array();
  for (const CommuteReport::Service& service : report.services) {
    json pairs = json::array();
    for (std::size_t a = 0; a < service.handlers.size(); ++a) {
      for (std::size_t b = a; b < service.handlers.size(); ++b) {
        const PairReport& pair = service.pair(a, b);
        json one{{"left", printable(service.inputs[a])}, {"right", printable(service.inputs[b])}};
        put_verdict(one, pair.verdict, PairVerdict::commute, report.extent.complete);
        one.update({{"states", pair.states}, {"tried", pair.tried}, {"not_tried", pair.blocked}});
        if (pair.conflict) {
          const Conflict& found = *pair.conflict;
          one["witness"] = {{"first", printable(found.first)}, {"second", printable(found.second)}, {"same_key", found.same_key},
                            {"first_then_second", texts(found.first_then_second)}, {"second_then_first", texts(found.second_then_first)},
                            {"both", texts(found.both)}, {"after", texts(found.business)}};
          add_file(one["witness"], files, service.name + " " + std::to_string(pair.left) + " " + std::to_string(pair.right));
        }
        pairs.push_back(std::move(one));
      }
    }
    services.push_back({{"service", printable(service.name)}, {"pairs", std::move(pairs)}});
  }
  out["services"] = std::move(services);
  if (report.ends) {
    json ends{{"different", report.ends->different}, {"confluent", report.ends->extent.complete && report.ends->different == 1 && !report.ends->counts_end}, {"counts_end", report.ends->counts_end}};
    ends["looked_at"] = extent_json(report.ends->extent);
    out["ends"] = std::move(ends);
  }
  out["looked_at"] = extent_json(report.extent);
  out["ignored"] = texts(report.left_out);
  out["exit"] = report.exit();
  return out.dump(2) + "\n";
}

std::string rebuild_json(const Scenario& scenario, const RebuildReport& report, const FamilyFiles& files) {
  json out{{"flowtank", 1}, {"question", "rebuild"}, {"scenario", printable(scenario.file)}, {"title", printable(scenario.title)}};
  json services = json::array();
  for (const RebuildReport::Projection& p : report.projections) {
    json one{{"service", printable(p.name)}, {"verdict", key_of(p.verdict)}, {"ends", p.ends}, {"events", p.events}, {"not_handled", p.blocked}, {"raised", p.raised}, {"effects", p.effects}, {"sent", p.sent}};
    if (!p.why.empty()) one["why"] = printable(p.why);
    if (p.verdict == RebuildVerdict::differs) {
      one["live"] = texts(p.live_only);
      one["rebuilt"] = texts(p.rebuilt_only);
      one["after"] = texts(p.business);
      if (const auto file = files.find(p.name); file != files.end()) one["replay"] = printable(file->second);
    }
    services.push_back(std::move(one));
  }
  out["services"] = std::move(services);
  out["ends"] = report.ends;
  out["ends_looked_at"] = report.looked_at;
  out["ignored"] = texts(report.left_out);
  out["looked_at"] = extent_json(report.extent);
  out["exit"] = report.exit();
  return out.dump(2) + "\n";
}

std::string compare_json(const Scenario& scenario, const std::vector<std::string>& changes, const CompareReport& report, const FamilyFiles& files) {
  json out{{"flowtank", 1}, {"question", "compare"}, {"scenario", printable(scenario.file)}, {"title", printable(scenario.title)}, {"changed", texts(changes)}};
  out["old"] = side_json(report.old_side, files, "old");
  out["new"] = side_json(report.new_side, files, "new");
  out["ignored"] = texts(report.not_compared);
  out["left_out"] = texts(report.left_out);
  out["exit"] = report.exit();
  return out.dump(2) + "\n";
}

}  // namespace flowtank::reports
