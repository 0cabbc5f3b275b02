// SPDX-License-Identifier: Apache-2.0
// See sequence_view.hpp. What is asked for is the focus and the chosen side of its causes; the picture is made by sequence_scene.
#include "gui/widgets/sequence_view.hpp"

#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <reports/text.hpp>

#include "gui/scene/paint.hpp"

namespace flowtank::gui {

SequenceView::SequenceView(const Desk& desk, QWidget* parent)
    : QWidget(parent), desk_(desk), scene_(new SceneView(desk.appearance, this)), choice_(new QButtonGroup(this)), count_(plain_label(this, "dim")) {
  const auto button = [this](const QString& text, const QString& tip, SequenceShow show) {
    auto* b = new QToolButton(this);
    b->setText(text);
    b->setToolTip(tip);
    b->setCheckable(true);
    choice_->addButton(b, static_cast<int>(show));
    return b;
  };
  auto* past = button(tr("Causal past"), tr("Only what the event in focus came from, and the steps of the story"), SequenceShow::past);
  auto* future = button(tr("Causal future"), tr("Only what came of the event in focus"), SequenceShow::future);
  auto* around = button(tr("All around"), tr("Every event near the focus"), SequenceShow::around);
  past->setChecked(true);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(tool_strip({past, future, around, nullptr, count_}, this));
  column->addWidget(scene_, 1);
  scene_->setAccessibleName(tr("Sequence"));
  connect(choice_, &QButtonGroup::idClicked, this, [this] { refresh(); });
  connect(&desk_.stage.focus(), &Focus::changed, this, &SequenceView::refresh);
  connect(&desk_.stage, &Stage::verdict_changed, this, &SequenceView::refresh);
  connect(&desk_.stage, &Stage::snapshot_changed, this, &SequenceView::refresh);
  connect(&desk_.appearance, &Appearance::changed, this, &SequenceView::refresh);
  scene_->on_click = [this](const Hit& hit) {
    if (hit.record != no_record) desk_.stage.focus().set_record(hit.record);
  };
  scene_->on_resize = [this] { refresh(); };
  scene_->on_key = [this](int key, Qt::KeyboardModifiers) {
    if (key == Qt::Key_Up) desk_.stage.to_cause();
    if (key == Qt::Key_Down) desk_.stage.to_effect();
  };
  refresh();
}

void SequenceView::refresh() {
  const RunReader* run = desk_.stage.run();
  if (run == nullptr || run->size() == 0) {
    count_->clear();
    scene_->show_message(tr("Run or open something: what happened between services is drawn here."));
    return;
  }
  SequenceRequest request;
  request.show = static_cast<SequenceShow>(choice_->checkedId());
  request.focus = desk_.stage.record();
  request.width = scene_->viewport()->width() - 2;
  request.story = desk_.stage.story_here();
  SequenceScene scene = sequence_scene(*run, request, measure_by_font);
  count_->setText(tr("%1 of %2 events").arg(scene.shown).arg(QString::fromStdString(thousands(run->size()))));
  const QRectF focus = scene.focus_mark;
  scene_->show_list(std::move(scene.list), std::move(scene.header));
  scene_->reveal(focus);
}

QSizeF SequenceView::picture_size() const { return scene_->list().size + QSizeF(0, scene_->header().size.height()); }

void SequenceView::paint_picture(QPainter& painter) const {
  const Theme& theme = desk_.appearance.theme();
  painter.fillRect(QRectF(QPointF(), picture_size()), theme[Role::base]);
  paint(painter, theme, scene_->header());
  painter.translate(0, scene_->header().size.height());
  paint(painter, theme, scene_->list());
}

}  // namespace flowtank::gui
