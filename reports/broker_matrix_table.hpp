// SPDX-License-Identifier: Apache-2.0
// The table of one scenario under several kinds of brokers, for the terminal, as Markdown and as JSON ("flowtank_brokers": 1;
// keys are only added): verdicts side by side, the rule behind each difference, and the kinds that cannot carry it.
#pragma once

#include <string>

#include <sim/check/broker_matrix.hpp>

#include "reports/terminal.hpp"

namespace flowtank::reports {

std::string broker_matrix_text(const std::string& file, const BrokerMatrix& matrix, const TerminalStyle& style);
std::string broker_matrix_json(const std::string& file, const BrokerMatrix& matrix);
std::string broker_matrix_markdown(const std::string& file, const BrokerMatrix& matrix);

}  // namespace flowtank::reports
