// SPDX-License-Identifier: Apache-2.0
// The topology as a view: fits itself, finds nodes by name, highlights what the focus came from, and lets messages move along
// its links while a run is played or scrubbed.
#pragma once

#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

#include <memory>

#include "gui/scene/topology_scene.hpp"
#include "gui/widgets/desk.hpp"
#include "gui/widgets/scene_view.hpp"

namespace flowtank::gui {

class TopologyView final : public QWidget, public Picture {
  Q_OBJECT
 public:
  explicit TopologyView(const Desk& desk, QWidget* parent = nullptr);
  QSizeF picture_size() const override { return scene_->list().size; }
  void paint_picture(QPainter& painter) const override;
  QString picture_name() const override { return QStringLiteral("topology"); }
  const DisplayList& list() const { return scene_->list(); }

 private:
  void plan();
  void choose();
  void refresh();
  void show_moment();
  Desk desk_;
  SceneView* scene_;
  QLineEdit* search_;
  QToolButton* highlight_;
  QLabel* when_;
  std::shared_ptr<const TopologyPlan> plan_, across_, down_;
  DisplayList at_rest_;  // without what moves
};

}  // namespace flowtank::gui
