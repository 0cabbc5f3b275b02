// SPDX-License-Identifier: Apache-2.0
// Delta debugging of a failing log: parts are left out as long as the rest still violates the same property.
// First what concerns the violated key is tried alone; then whole groups (what one request brought about, one fault), in
// halves, quarters and so on; then single steps, until leaving out any one of them no longer fails. Knows no
// World: an oracle makes the trials.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/shrink/stage.hpp"

namespace flowtank::shrinking {

// A trial of these steps; `rename`: others may do them.
using Oracle = std::function<Trial(const std::vector<LogStep>& steps, bool rename)>;

struct LogShrinker {
  Oracle oracle;
  std::function<bool()> stop;    // out of time, cancelled: what is reached by then is given back
  std::uint64_t trials = 0;
  bool stopped = false;          // the result may not be minimal

  // The parts that `keep` names, if they fail. True when `current` became smaller.
  bool keep_only(Trial& current, const std::vector<bool>& keep);
  // Leaves out groups; single steps. `current` fails and stays failing.
  void leave_out_groups(Trial& current);
  void leave_out_steps(Trial& current);
  // Faults strike as late as they can: of equal stories always the same one is told.
  void strike_late(Trial& current);

 private:
  bool try_without(Trial& current, const std::vector<bool>& out, bool rename);
  bool halt();
};

}  // namespace flowtank::shrinking
