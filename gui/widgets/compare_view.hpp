// SPDX-License-Identifier: Apache-2.0
// Two runs beside each other: A is what the window shows, B another file, the same scenario run otherwise, or the nearest run that
// passes. It goes to where they part first; what else differs (verdicts, options, rows) stands below. B has a session of its own:
// nothing here changes A.
#pragma once

#include <QComboBox>
#include <QFrame>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>

#include <memory>
#include <optional>

#include "gui/models/difference_model.hpp"
#include "gui/models/state_model.hpp"
#include "gui/scene/compare_scene.hpp"
#include "gui/session/background.hpp"
#include "gui/session/state_difference.hpp"
#include "gui/widgets/desk.hpp"
#include "gui/widgets/scene_view.hpp"

namespace flowtank::gui {

class CompareView final : public QWidget, public Picture {
  Q_OBJECT
 public:
  explicit CompareView(const Desk& desk, QWidget* parent = nullptr);
  ~CompareView() override;
  QSizeF picture_size() const override { return scene_->list().size + QSizeF(0, scene_->header().size.height()); }
  void paint_picture(QPainter& painter) const override;
  QString picture_name() const override { return QStringLiteral("compare"); }

  // What B is. A stays what the stage shows.
  void with_file(const QString& file);
  void with_nearest();
  void with_overrides(const std::vector<std::string>& overrides, const QString& words);
  void with_broker(const std::string& kind, const QString& words);
  void with_seed(std::uint64_t seed);
  // Asks for something that makes sense if there is no B yet.
  void begin();

  bool busy() const { return other_.busy() || comparing_.busy(); }
  const Comparison* comparison() const { return comparison_.get(); }
  const RunReader* side_b() const { return b_.get(); }
  int row() const { return row_; }
  void go_to_row(int row);
  void go_to_difference(int direction);  // 0: the first one
  DifferenceModel& differences() { return differences_; }
  StateModel& state() { return state_; }
  QPushButton& first_button() { return *first_; }
  QLineEdit& key() { return *key_; }
  QString headline() const { return headline_->text(); }
  SceneView& scene() { return *scene_; }
  QComboBox& other() { return *choice_; }


 protected:
  void showEvent(QShowEvent* event) override;

 private:
  // What an entry of the choice stands for.
  enum Entry { entry_none, entry_nearest, entry_without, entry_broker, entry_seed, entry_file };
  struct Card {
    QFrame* frame = nullptr;
    QLabel *name = nullptr, *details = nullptr, *shape = nullptr, *verdict = nullptr;
  };
  Card make_card(const QString& letter);
  QWidget* make_strip();
  QWidget* make_below();
  void show_card(Card& card, const Snapshot* snapshot, const QString& name);
  void list_choices();
  void choose(int at);
  void select(int entry);
  void new_a();
  void new_b();
  void follow();
  JobRequest of_a() const;
  void open_b(const QString& file, JobRequest request = {});
  void compare();
  void refresh();
  void show_state();
  void choose_store(int store);
  QString scenario_file() const;

  Desk desk_;
  Session other_;
  Background comparing_;
  std::shared_ptr<const Snapshot> snapshot_a_, snapshot_b_;
  std::shared_ptr<const RunData> data_a_, data_b_;
  std::unique_ptr<RunReader> a_, b_;
  std::shared_ptr<const Comparison> comparison_;
  QString words_b_;
  int row_ = -1;
  bool following_ = false;
  Card card_a_, card_b_;
  SceneView* scene_;
  QComboBox* choice_;
  QLineEdit* key_;
  QToolButton *overlay_, *hide_;
  QPushButton* first_;
  QLabel *headline_, *said_, *summary_, *state_words_;
  DifferenceModel differences_;
  QTableView* table_;
  StateModel state_;
  QTableView* state_table_;
  QComboBox* stores_;
  std::vector<Store> state_differences_;
};

}  // namespace flowtank::gui
