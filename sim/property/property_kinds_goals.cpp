// SPDX-License-Identifier: Apache-2.0
// The entries of property_kinds.hpp for goals: what should be possible, as opposed to what must always hold.
#include "sim/property/property_kinds.hpp"

namespace flowtank::property_tables {
namespace {

constexpr PropertyParameter sometimes_parameters[] = {
    {"sometimes", "condition", "required", "What should be possible."},
    {"for", "NAME in TABLE", "-", "For some row of the table; the condition reads NAME and key. Without it the condition is about the whole."}};

constexpr PropertyKindInfo goal_table[] = {
    {PropertyKind::sometimes, "sometimes", true, "P20", PropertyForm::goal, "A condition that is reachable.",
     "In some reachable state the condition holds, for some row of the table if `for` is given. Whether a scenario shows anything is asked this way: can an order be paid at all, does the compensation ever run?",
     sometimes_parameters, "A state in which it holds is reached, with a shortest way there; or that no state within the bounds has it (FAIL).",
     "Of a PASS the row and the way there. A FAIL has none: it says something about all states. A run or a campaign that never gets there is INCONCLUSIVE.",
     "It is not reached, and the table never had a row; without `for`, none of the tables read ever had one.", "Temporal logic (possibility); coverage goals",
     R"j({"name": "an order can be paid", "for": "o in order.orders", "sometimes": "o.status == 'paid'"})j"},
};

}  // namespace

std::span<const PropertyKindInfo> goals() { return goal_table; }

}  // namespace flowtank::property_tables
