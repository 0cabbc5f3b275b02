// SPDX-License-Identifier: Apache-2.0
// Between a System and the names in a trace file: what its indices mean, for readers without the scenario. The System that
// comes back has names only and cannot be run.
#pragma once

#include <sim/trace/names.hpp>

#include "sim/world/system.hpp"

namespace flowtank {

class World;

// Scenario file, title and properties are filled in by who knows them.
TraceNames names_of(const World& world);

System system_of(const TraceNames& names);

}  // namespace flowtank
