// SPDX-License-Identifier: Apache-2.0
// From what the runs of a campaign amount to, to verdicts with witnesses. A function of (scenario, plan, tally, what
// stopped it), so that merged and resumed campaigns give the same bytes.
#pragma once

#include <sim/campaign/summary.hpp>

#include "sim/check/campaign_check.hpp"

namespace flowtank {

// `diagnostics` takes what a replay of a witness says; there is a Result in any case.
Result campaign_result(const Scenario& scenario, const BrokerRegistry& registry, const campaign::Plan& plan,
                                      const campaign::Tally& tally, campaign::Stop stop, const campaign::Limits& limits,
                                      const std::vector<std::string>& overrides, Diagnostics& diagnostics);

}  // namespace flowtank
