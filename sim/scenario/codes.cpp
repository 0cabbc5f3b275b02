// SPDX-License-Identifier: Apache-2.0
// The table behind codes.hpp and codes.md: one sentence a code, sorted by code.
#include "sim/scenario/codes.hpp"

#include <array>

namespace flowtank::codes {

namespace {

constexpr std::array entries{
    Code{file_missing, "The file does not exist, is a folder, or may not be read."},
    Code{file_line, "A line of a file of arrivals cannot be understood."},
    Code{json_truncated, "The file ends in the middle of a value or with open brackets."},
    Code{json_syntax, "The text is not JSON at this place."},
    Code{json_utf8, "The bytes at this place are not UTF-8."},
    Code{json_trailing_comma, "A comma stands before a closing bracket."},
    Code{json_number, "A number is outside int64 (whole numbers) or double (all others)."},
    Code{json_duplicate_key, "An object has the same key twice."},
    Code{key_unknown, "An object has a key that nothing reads here."},
    Code{key_missing, "An object lacks a key that is needed."},
    Code{key_conflict, "Keys exclude each other, or one of several is needed."},
    Code{key_name, "A name that expressions use is not a name of CEL (letters, digits, _; no keyword)."},
    Code{key_step, "A step has no verb, or more than one."},
    Code{lint_channel_unread, "Events are published on a channel that nobody reads."},
    Code{lint_channel_unwritten, "A channel is read that nobody publishes to."},
    Code{lint_channel_unused, "A channel is declared that nobody uses."},
    Code{lint_event_unhandled, "An event is published that nobody handles."},
    Code{lint_subscription_idle, "A service reads a channel and handles nothing of what is published there."},
    Code{lint_event_unpublished, "A handler waits for an event that nobody publishes on its channel."},
    Code{lint_field_unwritten, "A field of a message is read that not everybody who sends it fills."},
    Code{lint_field_unread, "A field of a message is filled that nobody who handles it reads."},
    Code{lint_command_unsent, "A command is handled that nobody sends."},
    Code{lint_unreachable, "No client, poller or timer leads to a service."},
    Code{lint_event_cycle, "Events lead back to the handler that makes them, and may loop."},
    Code{lint_event_round, "Events go round between services, but not between handlers."},
    Code{lint_single_point, "Clients reach an effect only through one instance or one broker."},
    Code{lint_no_dedupe, "A handler repeats what it did when it is run twice for one message."},
    Code{lint_publish_after_commit, "A crash between a commit and a publish loses the event for ever."},
    Code{lint_publish_before_commit, "An event is published before the commit of what it announces."},
    Code{lint_effect_apart, "A crash between an effect and a commit leaves one without the other."},
    Code{lint_fire_and_forget, "Nobody notices when a publish fails."},
    Code{lint_retry_for_ever, "A message that fails each time is retried without limit and without dead letters."},
    Code{lint_call_cycle, "Calls go round between services, so that callers may wait for each other."},
    Code{lint_table_unused, "A table is never filled or never read."},
    Code{lint_column_unused, "A column is never written or never read."},
    Code{lint_option_unused, "An option of a model changes nothing."},
    Code{lint_timer_unset, "A timer is never set, or nothing happens when it fires."},
    Code{lint_allowance_unused, "The section \"lint\" of a scenario allows what is not found."},
    Code{model_missing, "No model of this name is in the folders that are searched."},
    Code{model_cycle, "A model extends itself, directly or through others."},
    Code{model_duplicate, "A name is given twice where names must be unique."},
    Code{model_handler, "A handler cannot be wired: no trigger, or two for the same message."},
    Code{model_wiring, "A message that is published or handled has no channel."},
    Code{model_version, "The file is of a version that this Flowtank does not read."},
    Code{model_step_place, "A step cannot stand here, for example a transaction inside a transaction."},
    Code{range_file, "The file is larger than the limit (64 MiB unless raised)."},
    Code{range_values, "The file has more values than the limit (2,000,000 unless raised)."},
    Code{range_depth, "The nesting is deeper than the limit (200 unless raised)."},
    Code{range_number, "A number is outside its range."},
    Code{range_time, "A time is negative or beyond about 292 years."},
    Code{range_probability, "A probability is outside 0..1."},
    Code{range_workload, "A workload is larger than the limit (10,000,000 requests a client unless raised)."},
    Code{range_size, "A scenario has more of something than the limit (services, steps, expressions)."},
    Code{ref_broker, "There is no broker of this name."},
    Code{ref_channel, "There is no channel of this name."},
    Code{ref_service, "There is no service of this name."},
    Code{ref_table, "There is no table of this name."},
    Code{ref_column, "The table has no column of this name."},
    Code{ref_message, "There is no event or command of this name."},
    Code{ref_effect, "There is no effect of this name."},
    Code{ref_timer, "There is no timer of this name."},
    Code{ref_handler, "There is no handler of this name."},
    Code{ref_client, "There is no client of this name."},
    Code{ref_property, "There is no property of this name."},
    Code{ref_step, "There is no step with this label."},
    Code{ref_option, "The model has no option of this name."},
    Code{ref_word, "The word is none of the allowed ones."},
    Code{ref_field, "The event or command has no field of this name."},
    Code{ref_fault, "There is no fault of this name."},
    Code{risk_weakness, "The chosen variant of a model has a known weakness."},
    Code{risk_no_inbox, "A handler repeats its effect when a broker delivers twice."},
    Code{run_empty, "The scenario has nothing to do: no client and no poller."},
    Code{run_endless_loop, "A poller or timer never stops having something to do."},
    Code{run_trigger, "A fault says neither when nor how often in a timed run."},
    Code{run_horizon, "The run ends before retries or timers can have ended."},
    Code{run_shared_memory, "A service with memory of its own has several instances, which is not modelled."},
    Code{run_no_time, "A handler computes with now, but an exploration has no time."},
    Code{run_broker_fault, "A fault asks of a broker what its product cannot show."},
    Code{set_syntax, "An override is not of the form path=value."},
    Code{set_path, "The path of an override leads nowhere."},
    Code{type_json, "The JSON value is of the wrong type."},
    Code{type_expression, "The expression gives a value of the wrong type."},
    Code{type_name, "There is no type of this name."},
    Code{type_shape, "Two models give one event or command different shapes."},
};

constexpr bool sorted() {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (!(entries[i - 1].code < entries[i].code)) return false;
  }
  return true;
}
static_assert(sorted());

}  // namespace

std::span<const Code> table() { return entries; }

bool is_finding(std::string_view code) {
  return code.starts_with("FT-LINT-") || code == risk_weakness || code == risk_no_inbox || code == run_empty || code == run_endless_loop ||
         code == run_trigger || code == run_horizon;
}

std::string to_markdown() {
  std::string out =
      "# Codes of diagnostics about files\n\n"
      "Generated from `codes.cpp`; a test holds this page, the table and the sources to each other.\n"
      "Codes of expressions (`FT-CEL-nnn`) are listed in `sim/expr`, those of a broker's own options (`FT-<BROKER>-nnn`) and of\n"
      "vector files (`FT-VEC-nnn`) in the folders of `models/brokers`.\n\n"
      "| code | meaning |\n|---|---|\n";
  for (const Code& code : entries) out += "| " + std::string(code.code) + " | " + std::string(code.meaning) + " |\n";
  return out;
}

}  // namespace flowtank::codes
