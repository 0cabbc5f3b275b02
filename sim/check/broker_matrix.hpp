// SPDX-License-Identifier: Apache-2.0
// One scenario under several kinds of brokers: a sweep over the kind. What a product alone understands (its keys) is left out for the
// others; the scenario may say what stands instead ("instead": {"sns_sqs": {...}} in a broker). A kind that cannot carry the
// scenario (it knows no such fault, it refuses a key) is listed with the reason, and no verdict is made up for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/scenario/scenario.hpp>
#include <sim/world/broker.hpp>

#include "sim/check/sweep.hpp"

namespace flowtank {

// "all", or kinds separated by commas; each once, in the order of the registry for "all". Nothing and a diagnostic
// (FT-REF-014) for a name that is none.
std::optional<std::vector<std::string>> brokers_asked(const std::string& list, const BrokerRegistry& registry, Diagnostics& diagnostics);

// The overrides that put a kind in the place of every broker of a scenario file (with `load.overrides` applied before). Empty where
// every broker is of the kind already. Nothing and diagnostics when the file cannot be read, or "instead" names what is no kind
// (FT-REF-014) or a subscription of a service that is not there (FT-REF-003).
std::optional<std::vector<std::string>> overrides_for_broker(const std::string& file, const LoadOptions& load, const std::string& kind,
                                                             const BrokerRegistry& registry, Diagnostics& diagnostics);

// One driven row.
struct DrivenScenario {
  std::shared_ptr<const Scenario> scenario;
  Result result;
};
using BrokerDriver = std::function<std::optional<DrivenScenario>(const std::string& kind, Diagnostics& diagnostics)>;

struct BrokerMatrix {
  struct Row {
    std::string kind;
    bool is_own = false;      // the kind that the file names
    std::shared_ptr<const Scenario> scenario;
    ExitCode exit = ExitCode::ok;
    std::vector<std::optional<SweepRow::Cell>> cells;   // by property
    std::vector<std::vector<std::string>> happened;     // by property that fails: names of fault kinds, sentences of
                                                        // the broker's own actions; "order" when there was nothing else
    std::uint64_t size = 0;   // states, actions or runs
  };
  struct NotCarried {
    std::string kind;
    std::string why;
  };
  // A property whose verdicts differ, and the rule behind each of them.
  struct Reason {
    std::size_t property = 0;
    std::string kind;
    VerdictKind verdict = VerdictKind::inconclusive;
    std::string happened, rule, sentence;  // rule empty: none is known to decide it, or nothing was shown (then the sentence says why)
  };

  Driver driver = Driver::check;
  std::vector<std::string> properties;
  std::vector<Row> rows;
  std::vector<NotCarried> not_carried;
  std::vector<Reason> reasons;
  ExitCode exit = ExitCode::ok;  // the worst of the rows, as of a sweep; bad input when no kind carries the scenario
  bool interrupted = false;
  bool sampled = false;
};

// Drives each kind. `stop` is asked between rows.
BrokerMatrix broker_matrix(Driver driver, const std::vector<std::string>& kinds, const std::string& own_kind, const BrokerDriver& drive,
                           const std::function<bool()>& stop);

// Looks up rules: (system, kind, what happened, whether the property failed there) to {rule, sentence}; empty rule when there is none.
struct BrokerRule {
  std::string rule, sentence;
};
using BrokerRules = std::function<BrokerRule(const System&, const std::string& kind, const std::string& happened, bool harmed)>;
// Fills `reasons`: for every property whose verdicts differ, for every row what its product's rules say of what happened where it fails.
void explain_differences(BrokerMatrix& matrix, const BrokerRules& rules);

}  // namespace flowtank
