// SPDX-License-Identifier: Apache-2.0
// The space-time diagram as a view: past, future or surroundings of the event in focus; a click sets the focus.
#pragma once

#include <QButtonGroup>
#include <QLabel>

#include "gui/scene/sequence_scene.hpp"
#include "gui/widgets/desk.hpp"
#include "gui/widgets/scene_view.hpp"

namespace flowtank::gui {

class SequenceView final : public QWidget, public Picture {
  Q_OBJECT
 public:
  explicit SequenceView(const Desk& desk, QWidget* parent = nullptr);
  QSizeF picture_size() const override;
  void paint_picture(QPainter& painter) const override;
  QString picture_name() const override { return QStringLiteral("sequence"); }
  SceneView& scene() { return *scene_; }

 private:
  void refresh();
  Desk desk_;
  SceneView* scene_;
  QButtonGroup* choice_;
  QLabel* count_;
};

}  // namespace flowtank::gui
