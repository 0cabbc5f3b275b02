// SPDX-License-Identifier: Apache-2.0
// The stable codes of diagnostics about scenario and model files. A code never changes its meaning and
// is never used again; codes.md is generated from the table, and a test holds both and the sources to
// each other. Codes of expressions (FT-CEL-nnn) belong to sim/expr.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace flowtank::codes {

inline constexpr std::string_view file_missing = "FT-FILE-001";
inline constexpr std::string_view file_line = "FT-FILE-002";
inline constexpr std::string_view json_truncated = "FT-JSON-001";
inline constexpr std::string_view json_syntax = "FT-JSON-002";
inline constexpr std::string_view json_utf8 = "FT-JSON-003";
inline constexpr std::string_view json_trailing_comma = "FT-JSON-004";
inline constexpr std::string_view json_number = "FT-JSON-005";
inline constexpr std::string_view json_duplicate_key = "FT-JSON-006";
inline constexpr std::string_view key_unknown = "FT-KEY-001";
inline constexpr std::string_view key_missing = "FT-KEY-002";
inline constexpr std::string_view key_conflict = "FT-KEY-003";
inline constexpr std::string_view key_name = "FT-KEY-004";
inline constexpr std::string_view key_step = "FT-KEY-005";
inline constexpr std::string_view type_json = "FT-TYPE-001";
inline constexpr std::string_view type_expression = "FT-TYPE-002";
inline constexpr std::string_view type_name = "FT-TYPE-003";
inline constexpr std::string_view type_shape = "FT-TYPE-004";
inline constexpr std::string_view ref_broker = "FT-REF-001";
inline constexpr std::string_view ref_channel = "FT-REF-002";
inline constexpr std::string_view ref_service = "FT-REF-003";
inline constexpr std::string_view ref_table = "FT-REF-004";
inline constexpr std::string_view ref_column = "FT-REF-005";
inline constexpr std::string_view ref_message = "FT-REF-006";
inline constexpr std::string_view ref_effect = "FT-REF-007";
inline constexpr std::string_view ref_timer = "FT-REF-008";
inline constexpr std::string_view ref_handler = "FT-REF-009";
inline constexpr std::string_view ref_client = "FT-REF-010";
inline constexpr std::string_view ref_property = "FT-REF-011";
inline constexpr std::string_view ref_step = "FT-REF-012";
inline constexpr std::string_view ref_option = "FT-REF-013";
inline constexpr std::string_view ref_word = "FT-REF-014";
inline constexpr std::string_view ref_field = "FT-REF-015";
inline constexpr std::string_view ref_fault = "FT-REF-016";
inline constexpr std::string_view range_file = "FT-RANGE-001";
inline constexpr std::string_view range_values = "FT-RANGE-002";
inline constexpr std::string_view range_depth = "FT-RANGE-003";
inline constexpr std::string_view range_number = "FT-RANGE-004";
inline constexpr std::string_view range_time = "FT-RANGE-005";
inline constexpr std::string_view range_probability = "FT-RANGE-006";
inline constexpr std::string_view range_workload = "FT-RANGE-007";
inline constexpr std::string_view range_size = "FT-RANGE-008";
inline constexpr std::string_view model_missing = "FT-MODEL-001";
inline constexpr std::string_view model_cycle = "FT-MODEL-002";
inline constexpr std::string_view model_duplicate = "FT-MODEL-003";
inline constexpr std::string_view model_handler = "FT-MODEL-004";
inline constexpr std::string_view model_wiring = "FT-MODEL-005";
inline constexpr std::string_view model_version = "FT-MODEL-006";
inline constexpr std::string_view model_step_place = "FT-MODEL-007";
inline constexpr std::string_view set_syntax = "FT-SET-001";
inline constexpr std::string_view set_path = "FT-SET-002";
inline constexpr std::string_view run_empty = "FT-RUN-001";
inline constexpr std::string_view run_endless_loop = "FT-RUN-002";
inline constexpr std::string_view run_trigger = "FT-RUN-003";
inline constexpr std::string_view run_horizon = "FT-RUN-004";
inline constexpr std::string_view run_shared_memory = "FT-RUN-007";
inline constexpr std::string_view run_no_time = "FT-RUN-008";
inline constexpr std::string_view run_broker_fault = "FT-RUN-009";
// FT-RUN-005 and FT-RUN-006 are FT-LINT-001 ... 004 now; their numbers stay unused.
inline constexpr std::string_view lint_channel_unread = "FT-LINT-001";
inline constexpr std::string_view lint_channel_unwritten = "FT-LINT-002";
inline constexpr std::string_view lint_channel_unused = "FT-LINT-003";
inline constexpr std::string_view lint_event_unhandled = "FT-LINT-004";
inline constexpr std::string_view lint_subscription_idle = "FT-LINT-005";
inline constexpr std::string_view lint_event_unpublished = "FT-LINT-006";
inline constexpr std::string_view lint_field_unwritten = "FT-LINT-007";
inline constexpr std::string_view lint_field_unread = "FT-LINT-008";
inline constexpr std::string_view lint_command_unsent = "FT-LINT-009";
inline constexpr std::string_view lint_unreachable = "FT-LINT-010";
inline constexpr std::string_view lint_event_cycle = "FT-LINT-011";
inline constexpr std::string_view lint_event_round = "FT-LINT-012";
inline constexpr std::string_view lint_single_point = "FT-LINT-013";
inline constexpr std::string_view lint_no_dedupe = "FT-LINT-014";
inline constexpr std::string_view lint_publish_after_commit = "FT-LINT-015";
inline constexpr std::string_view lint_publish_before_commit = "FT-LINT-016";
inline constexpr std::string_view lint_effect_apart = "FT-LINT-017";
inline constexpr std::string_view lint_fire_and_forget = "FT-LINT-018";
inline constexpr std::string_view lint_retry_for_ever = "FT-LINT-019";
inline constexpr std::string_view lint_call_cycle = "FT-LINT-020";
inline constexpr std::string_view lint_table_unused = "FT-LINT-021";
inline constexpr std::string_view lint_column_unused = "FT-LINT-022";
inline constexpr std::string_view lint_option_unused = "FT-LINT-023";
inline constexpr std::string_view lint_timer_unset = "FT-LINT-024";
inline constexpr std::string_view lint_allowance_unused = "FT-LINT-025";
inline constexpr std::string_view risk_weakness = "FT-RISK-001";
inline constexpr std::string_view risk_no_inbox = "FT-RISK-003";

struct Code {
  std::string_view code;
  std::string_view meaning;  // one sentence
};

// Sorted by code.
std::span<const Code> table();

// Whether it is a finding of the static analysis (sim/topology), which a scenario may allow.
bool is_finding(std::string_view code);

// The text of codes.md.
std::string to_markdown();

}  // namespace flowtank::codes
