// SPDX-License-Identifier: Apache-2.0
// Latency, staleness and backlog over the run as a view. It shows the series of what is in focus unless another was chosen, and
// the whole run or only what is around the focus; a click sets the focus.
#pragma once

#include <QButtonGroup>
#include <QComboBox>
#include <QLabel>
#include <QToolButton>

#include "gui/scene/chart_scene.hpp"
#include "gui/widgets/desk.hpp"
#include "gui/widgets/scene_view.hpp"

namespace flowtank::gui {

class ChartsView final : public QWidget, public Picture {
  Q_OBJECT
 public:
  explicit ChartsView(const Desk& desk, QWidget* parent = nullptr);
  QSizeF picture_size() const override { return scene_->list().size; }
  void paint_picture(QPainter& painter) const override;
  QString picture_name() const override { return QStringLiteral("charts"); }

  void choose(Measure measure);
  Measure measure() const { return static_cast<Measure>(choice_->checkedId()); }
  SceneView& scene() { return *scene_; }
  QComboBox& series() { return *series_; }

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void new_measures();
  void list_series();
  void follow();
  void refresh();
  Desk desk_;
  SceneView* scene_;
  QButtonGroup* choice_;
  QComboBox* series_;
  QToolButton* near_;
  QToolButton* follow_;
  QLabel* said_;
  std::shared_ptr<const Measures> measures_;
  ChartMemory memory_;  // of measures_
};

}  // namespace flowtank::gui
