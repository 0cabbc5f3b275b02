// SPDX-License-Identifier: Apache-2.0
// The trace as one JSON object a line, for programs that read no binary format; the same lines from a run and from a file.
#include <nlohmann/json.hpp>

#include "reports/files.hpp"
#include "reports/record_text.hpp"
#include "reports/text.hpp"
#include "reports/trace_view.hpp"

namespace flowtank::reports {

using nlohmann::json;

std::string record_json(const RecordText& text, const Record& record) {
  const System& system = text.system();
  json line{{"id", record.id}, {"time_ns", record.time.nanoseconds()}, {"kind", kind_name(record.kind)}};
  if (record.outcome != Outcome::ok) line["outcome"] = outcome_name(record.outcome);
  if (record.service < system.services.size()) {
    line["service"] = printable(system.services[record.service].name);
    line["instance"] = record.instance + 1;
  }
  if (const std::string handler = text.handler(record); !handler.empty()) line["handler"] = handler;
  if (const std::string step = text.step(record); !step.empty()) line["step"] = step;
  if (const std::string place = text.place_name(record); !place.empty()) line["place"] = place;
  if (record.subject != absent_word) line["subject"] = text.message(record.subject);
  if (record.key != absent_word) line["key"] = text.value(record.key);
  if (record.before != absent_word) line["before"] = text.value(record.before);
  if (record.detail != absent_word) line["detail"] = text.value(record.detail);
  if (record.parent != no_record) line["parent"] = record.parent;
  if (record.other_parent != no_record) line["other_parent"] = record.other_parent;
  line["says"] = text.sentence(record);
  return line.dump();
}

std::string trace_lines(const Scenario& scenario, const Witness& witness, KindSet kinds) {
  const RecordText text(*witness.world, witness.trace);
  json header{{"flowtank_trace", 1}, {"scenario", printable(scenario.file)}, {"records", witness.trace.size()}, {"seed", witness.log.seed}};
  std::string out = header.dump() + "\n";
  for (const Record& record : witness.trace) {
    if ((kinds & bit_of(record.kind)) != 0) out += record_json(text, record) + "\n";
  }
  return out;
}

}  // namespace flowtank::reports
