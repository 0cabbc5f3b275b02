// SPDX-License-Identifier: Apache-2.0
// The five examples of the welcome page, from the scenarios that ship with Flowtank, and where these and the models are
// found: beside the installed program, or in the source tree that the program was built from.
#pragma once

#include <QString>

#include <string>
#include <vector>

#include <sim/property/spec.hpp>
#include <sim/world/system.hpp>

namespace flowtank::gui {

struct Example {
  const char* file;      // below the folder of scenarios
  const char* title;
  const char* sentence;
  const char* ends;      // "5 steps": what a person finds there
  FaultKind fault;
  VerdictKind verdict;
  bool explored;         // all orders of events instead of one run
};
const std::vector<Example>& examples();

// Empty when there is none. `program` is the folder of the executable.
QString scenario_folder(const QString& program);
std::vector<std::string> model_folders(const QString& program);

}  // namespace flowtank::gui
