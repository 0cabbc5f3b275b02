// SPDX-License-Identifier: Apache-2.0
// The evidence of a violation made readable: which columns went from what to what, and messages by their
// names. The properties say what is wrong; the trace knows what changed.
#pragma once

#include <string>
#include <vector>

#include <sim/check/result.hpp>

#include "reports/record_text.hpp"

namespace flowtank::reports {

// Whole message records inside of a text, ["o-1/x", "OrderPlaced", "o-1", ...], become OrderPlaced(o-1).
std::string with_messages_named(const System& system, const std::string& text);

// The rows of the evidence table: where a property gives no values, the columns that it reads (or, if its
// text names none, that changed) at the last change of the row, before and after. Rows without values are left out. Printable.
std::vector<KeyEvidence> evidence_rows(const PropertySpec& spec, const Verdict& verdict, const RecordText& text);

// "payment.charges[o-7].times went from 1 to 2 (must be: c.times <= 1)" where a change broke a property of
// every state, else the property's own sentence. Printable, without a full stop.
std::string what_went_wrong(const PropertySpec& spec, const Verdict& verdict, const RecordText& text);

}  // namespace flowtank::reports
