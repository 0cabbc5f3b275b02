// SPDX-License-Identifier: Apache-2.0
// SPIN's verifier of peers/order_payment.pml: generated, compiled without reductions and run, as its users would. In a folder
// of its own that is gone afterwards; where SPIN or gcc is missing it is not ready, and figures are printed without a ratio.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/bench/peer.hpp"

namespace flowtank::bench {

class SpinVerifier {
 public:
  struct Settings {
    unsigned orders = 2;
    unsigned duplicates = 2;
    unsigned drops = 1;
    unsigned crashes = 2;
  };
  struct Run {
    double states = 0;   // as it counts: one more than there are
    double seconds = 0;  // CPU, set-up included
  };

  explicit SpinVerifier(const Settings& settings) {
    std::string pattern = (std::filesystem::temp_directory_path() / "flowtank-spin-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) return;
    folder_ = pattern;
    const std::string model = FLOWTANK_SOURCE_DIR "/tests/bench/peers/order_payment.pml";
    const std::string defines = " -DIDEM=1 -DK=" + std::to_string(settings.orders) + " -DDUP=" + std::to_string(settings.duplicates) +
                                " -DDROP=" + std::to_string(settings.drops) + " -DCRASH=" + std::to_string(settings.crashes) + " ";
    const PeerRun built = run_peer("cd '" + folder_ + "' && spin" + defines + "-a '" + model +
                                   "' && gcc -O2 -w -DSAFETY -DNOCLAIM -DNOREDUCE -o pan pan.c");
    ready_ = built.exit_code == 0;
  }
  SpinVerifier(const SpinVerifier&) = delete;
  SpinVerifier& operator=(const SpinVerifier&) = delete;
  ~SpinVerifier() {
    if (folder_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  bool ready() const { return ready_; }

  Run run() const {
    const PeerRun ran = run_peer("cd '" + folder_ + "' && ./pan -m2000000 -n -w24");
    return {stored(ran.output), ran.cpu_seconds};
  }

  /// Stored states per CPU second of one whole run; 0 if it did not report `expected` states.
  double states_per_second(std::uint64_t expected) const {
    const Run ran = run();
    if (ran.states != static_cast<double>(expected)) {
      std::printf("SPIN stored %.0f states, expected %llu\n", ran.states, static_cast<unsigned long long>(expected));
      return 0;
    }
    return ran.seconds > 0 ? ran.states / ran.seconds : 0;
  }

 private:
  /// pan prints "2.029676e+06 states, stored" or "   130167 states, stored".
  static double stored(const std::string& output) {
    const std::size_t end = output.find(" states, stored");
    if (end == std::string::npos) return 0;
    const std::size_t begin = output.rfind('\n', end);
    return std::strtod(output.c_str() + (begin == std::string::npos ? 0 : begin + 1), nullptr);
  }

  std::string folder_;
  bool ready_ = false;
};

}  // namespace flowtank::bench
