// SPDX-License-Identifier: Apache-2.0
// Small scenarios from text, over the shipped models, for tests of faults: how they may end in an exploration, how they
// do end in a timed run. An end is the text of some tables, so that a fault that does nothing changes no end.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include "tests/world/all_states.hpp"

namespace flowtank::test {

class SmallWorld {
 public:
  // `text`: a scenario without "flowtank" and "title"; single quotes stand for double ones.
  explicit SmallWorld(std::string text, const std::vector<std::string>& tables) : names_(tables) {
    for (char& c : text) c = c == '\'' ? '"' : c == '`' ? '\'' : c;
    std::map<std::string, std::string> files = {
        {FLOWTANK_SOURCE_DIR "/scenarios/small.json", R"({ "flowtank": 1, "title": "small", )" + text + " }"}};
    for (const auto& entry : std::filesystem::directory_iterator(FLOWTANK_SOURCE_DIR "/models/services")) {
      std::ifstream in(entry.path(), std::ios::binary);
      files[entry.path().string()] = {std::istreambuf_iterator<char>(in), {}};
    }
    LoadOptions options;
    options.files = &files;
    Diagnostics diagnostics;
    loaded_ = load_scenario(FLOWTANK_SOURCE_DIR "/scenarios/small.json", options, diagnostics);
    for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message);
    REQUIRE(loaded_.has_value());
  }

  const System& system() const { return *loaded_->system; }

  // The ends of all runs without time; each with every undo checked.
  std::set<std::string> ends() {
    const auto world = make(Mode::explore);
    std::set<std::string> found;
    visit_all_states(*world, [&](const std::vector<Action>& actions) {
      REQUIRE(world->recompute_fingerprint() == world->fingerprint());
      std::set<std::string> texts;
      for (const Action& action : actions) texts.insert(world->describe(action));
      descriptions_repeat_ = descriptions_repeat_ || texts.size() != actions.size();
      if (world->quiescent()) found.insert(text(*world));
      return true;
    });
    strikes_ = world->faults().strikes();
    return found;
  }
  // The end of the timed run.
  std::string end(Time horizon = Time::start() + s(60)) {
    const auto world = make(Mode::timed);
    while (world->advance(horizon)) {
    }
    strikes_ = world->faults().strikes();
    return text(*world);
  }
  std::uint64_t strikes(std::size_t fault = 0) const { return strikes_[fault]; }
  bool descriptions_repeat() const { return descriptions_repeat_; }

 private:
  std::unique_ptr<World> make(Mode mode) const {
    Diagnostics diagnostics;
    auto brokers = create_brokers(*loaded_->system, shipped_brokers(), diagnostics);
    REQUIRE(diagnostics.ok());
    auto world = std::make_unique<World>(*loaded_->system, std::move(brokers), mode);
    for (std::uint32_t t = 0; t < loaded_->system->tables.size(); ++t) {
      if (loaded_->system->tables[t].role == TableRole::observation) world->watch(t);
    }
    world->reset(1);
    return world;
  }
  std::string text(const World& world) const {
    std::string out;
    for (std::uint32_t t = 0; t < world.system().tables.size(); ++t) {
      const Table& table = world.system().tables[t];
      if (std::find(names_.begin(), names_.end(), table.display) == names_.end()) continue;
      std::vector<Cell> rows;
      world.store().scan(t, rows);
      for (const Cell row : rows) {
        if (!out.empty()) out += "; ";
        for (std::uint32_t c = 0; c < table.columns.size(); ++c) {
          const Word word = world.store().column(row, c);
          if (c != 0) out += " ";
          out += word == absent_word ? "-" : to_text(world.pool().value(word));
        }
      }
    }
    return out;
  }

  std::vector<std::string> names_;
  std::optional<Scenario> loaded_;
  std::vector<std::uint64_t> strikes_;
  bool descriptions_repeat_ = false;
};

}  // namespace flowtank::test
