// SPDX-License-Identifier: Apache-2.0
// What all views look at: the snapshot that is shown, one reader for each of its runs, the verdict that was chosen with the
// steps of its story, and the Focus. Views read it and set it; none knows another view. Invariant: the focus is always on
// a record of a run of the snapshot shown, or on nothing.
#pragma once

#include <QObject>

#include <map>
#include <memory>
#include <vector>

#include "gui/session/background.hpp"
#include "gui/session/focus.hpp"
#include "gui/session/measures.hpp"
#include "gui/session/player.hpp"
#include "gui/session/run_reader.hpp"
#include "gui/session/snapshot.hpp"
#include "gui/session/story_rows.hpp"

namespace flowtank::gui {

class Stage final : public QObject {
  Q_OBJECT
 public:
  explicit Stage(QObject* parent = nullptr);

  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  // Shows it, chooses its most urgent verdict and goes to its cause; `keep_focus` stays where one was if that is there.
  void show(std::shared_ptr<const Snapshot> snapshot, bool keep_focus = false);

  Focus& focus() { return focus_; }
  const Focus& focus() const { return focus_; }
  // Moves the focus through the run as time goes on.
  Player& player() { return player_; }
  const Player& player() const { return player_; }
  // The run in focus; nullptr when there is none or its file is gone.
  const RunReader* run() const;
  RecordId record() const { return run() == nullptr ? no_record : focus_.current().record; }

  // Index into Snapshot::verdicts; none when there is none.
  std::uint32_t verdict() const { return verdict_; }
  const VerdictEntry* verdict_entry() const;
  // Chooses a verdict: the focus goes to its last step.
  void choose_verdict(std::uint32_t index);
  // The steps of its story; empty when it has none.
  const std::vector<StoryRow>& story() const { return story_; }
  // The same where the story is of the run in focus, else empty: what pictures of that run draw.
  const std::vector<StoryRow>& story_here() const;
  // The step at a record of the run in focus; nullptr when it is none.
  const StoryRow* step_at(RecordId record) const;

  // Numbers over the run in focus; nullptr while they are read beside the window: measures_changed() tells.
  std::shared_ptr<const Measures> measures();
  // The same without asking for it.
  std::shared_ptr<const Measures> measures_so_far() const;

  // Moves the focus: along the run, its lane, its causes, to the next fault or violation. False at the end.
  bool step(int by);
  bool step_on_lane(int by);
  bool to_cause();
  bool to_effect();
  bool to_next(bool violation, int direction);
  bool to_first();

 Q_SIGNALS:
  void snapshot_changed();
  void verdict_changed();
  void measures_changed();

 private:
  bool go(RecordId record);
  const RunReader* reader(std::uint32_t run) const;
  void set_verdict(std::uint32_t index);

  std::shared_ptr<const Snapshot> snapshot_;
  mutable std::map<std::uint32_t, std::unique_ptr<RunReader>> readers_;
  Focus focus_;
  Player player_;
  std::uint32_t verdict_ = none;
  std::vector<StoryRow> story_;
  Background measuring_;
  std::shared_ptr<const RunData> measured_run_, wanted_run_;  // of measures_; of the work under way
  std::shared_ptr<const Measures> measures_;
};

}  // namespace flowtank::gui
