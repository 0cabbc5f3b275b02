// SPDX-License-Identifier: Apache-2.0
// Answers about families of runs as text and JSON: which handlers are safe to be handed a message twice, which pairs of
// messages commute. A table first, then each difference with the way there, then what was left out and how far it went.
#pragma once

#include <map>
#include <string>

#include <sim/family/commute.hpp>
#include <sim/family/compare.hpp>
#include <sim/family/idempotency.hpp>
#include <sim/family/rebuild.hpp>

#include "reports/terminal.hpp"

namespace flowtank::reports {

// `files`: what shows a finding -> the file that replays it; the keys are "HANDLER at once", "HANDLER later", "HANDLER interrupted", "system".
using FamilyFiles = std::map<std::string, std::string>;

std::string idempotency_text(const Scenario& scenario, const family::IdempotencyReport& report, const FamilyFiles& files, const TerminalStyle& style);
std::string idempotency_json(const Scenario& scenario, const family::IdempotencyReport& report, const FamilyFiles& files);

// `files`: "SERVICE A B" -> file that replays the way to where they conflict.
std::string commute_text(const Scenario& scenario, const family::CommuteReport& report, const FamilyFiles& files, const TerminalStyle& style);
std::string commute_json(const Scenario& scenario, const family::CommuteReport& report, const FamilyFiles& files);

// `files`: SERVICE -> file that replays the way to an end that cannot be built again.
std::string rebuild_text(const Scenario& scenario, const family::RebuildReport& report, const FamilyFiles& files, const TerminalStyle& style);
std::string rebuild_json(const Scenario& scenario, const family::RebuildReport& report, const FamilyFiles& files);

// `files`: "old", "new".
std::string compare_text(const Scenario& scenario, const std::vector<std::string>& changes, const family::CompareReport& report, const FamilyFiles& files, const TerminalStyle& style);
std::string compare_json(const Scenario& scenario, const std::vector<std::string>& changes, const family::CompareReport& report, const FamilyFiles& files);

}  // namespace flowtank::reports
