// SPDX-License-Identifier: Apache-2.0
// See charts_view.hpp. Numbers are asked of the stage only while the view is seen: a run whose charts nobody looks at is not
// measured.
#include "gui/widgets/charts_view.hpp"

#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

#include "gui/models/words.hpp"
#include "gui/scene/paint.hpp"

namespace flowtank::gui {

ChartsView::ChartsView(const Desk& desk, QWidget* parent)
    : QWidget(parent), desk_(desk), scene_(new SceneView(desk.appearance, this)), choice_(new QButtonGroup(this)), series_(new QComboBox(this)), said_(plain_label(this, "dim")) {
  const auto button = [this](const QString& text, const QString& tip, Measure measure) {
    QToolButton* made = toggle_button(text, tip, this);
    choice_->addButton(made, static_cast<int>(measure));
    return made;
  };
  auto* latency = button(tr("Latency"), tr("How long requests took, from sending to the answer"), Measure::latency);
  auto* staleness = button(tr("Staleness"), tr("How old messages were when they were delivered"), Measure::staleness);
  auto* backlog = button(tr("Backlog"), tr("How many copies waited"), Measure::backlog);
  latency->setChecked(true);
  series_->setAccessibleName(tr("Series"));
  series_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  series_->setMinimumContentsLength(18);
  follow_ = toggle_button(tr("Follow focus"), tr("Shows the series of the service or channel in focus"), this);
  follow_->setChecked(true);
  near_ = toggle_button(tr("Around the focus"), tr("Only a twentieth of the run, around the event in focus"), this);
  scene_->setAccessibleName(tr("Charts"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(tool_strip({latency, staleness, backlog, series_, follow_, near_, nullptr, said_}, this));
  column->addWidget(scene_, 1);
  connect(choice_, &QButtonGroup::idClicked, this, [this] {
    list_series();
    follow();
  });
  connect(series_, &QComboBox::activated, this, [this] {
    follow_->setChecked(false);
    refresh();
  });
  connect(follow_, &QToolButton::toggled, this, &ChartsView::follow);
  connect(near_, &QToolButton::toggled, this, &ChartsView::refresh);
  connect(&desk_.stage, &Stage::snapshot_changed, this, &ChartsView::new_measures);
  connect(&desk_.stage, &Stage::measures_changed, this, &ChartsView::new_measures);
  connect(&desk_.stage.focus(), &Focus::changed, this, &ChartsView::follow);
  connect(&desk_.appearance, &Appearance::changed, this, &ChartsView::refresh);
  scene_->on_resize = [this] { refresh(); };
  scene_->on_click = [this](const Hit& hit) {
    if (hit.record != no_record) desk_.stage.focus().set_record(hit.record);
  };
  scene_->on_key = [this](int key, Qt::KeyboardModifiers) {
    if (key == Qt::Key_Left) desk_.stage.step(-1);
    if (key == Qt::Key_Right) desk_.stage.step(1);
  };
  new_measures();
}

void ChartsView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  new_measures();
}

void ChartsView::choose(Measure measure) {
  choice_->button(static_cast<int>(measure))->setChecked(true);
  list_series();
  follow();
}

void ChartsView::new_measures() {
  measures_ = isVisible() ? desk_.stage.measures() : nullptr;
  memory_ = {};
  // What has no time has backlogs only.
  if (measures_ != nullptr && series_of(*measures_, measure()).empty()) {
    for (const Measure other : {Measure::latency, Measure::staleness, Measure::backlog}) {
      if (series_of(*measures_, other).empty()) continue;
      choice_->button(static_cast<int>(other))->setChecked(true);
      break;
    }
  }
  list_series();
  follow();
}

void ChartsView::list_series() {
  const QString before = series_->currentText();
  series_->clear();
  if (measures_ != nullptr && measure() != Measure::backlog) {
    for (const Series* one : series_of(*measures_, measure())) series_->addItem(text_of(one->name));
  }
  series_->setVisible(measure() != Measure::backlog);
  series_->setEnabled(series_->count() > 1);
  const int again = series_->findText(before);
  if (again >= 0) series_->setCurrentIndex(again);
}

// The series of where the focus is, if there is one.
void ChartsView::follow() {
  const RunReader* run = desk_.stage.run();
  if (measures_ != nullptr && run != nullptr && follow_->isChecked() && desk_.stage.record() != no_record) {
    const FocusPoint& focus = desk_.stage.focus().current();
    const std::uint16_t lane = focus.lane != no_lane ? focus.lane : run->index().lane(focus.record);
    const auto all = series_of(*measures_, measure());
    const auto found = std::find_if(all.begin(), all.end(), [lane](const Series* one) { return one->lane == lane || one->other_lane == lane; });
    if (found != all.end() && measure() != Measure::backlog) series_->setCurrentIndex(static_cast<int>(found - all.begin()));
  }
  refresh();
}

void ChartsView::refresh() {
  const RunReader* run = desk_.stage.run();
  said_->clear();
  if (!isVisible()) return;
  if (run == nullptr || run->size() == 0) return scene_->show_message(tr("Latency, staleness and backlog of a run are drawn here."));
  if (measures_ == nullptr) return scene_->show_message(tr("Reading the run…"));
  if (measures_->series.empty()) {
    return scene_->show_message(run->index().timed() ? tr("Nothing in this trace was requested, delivered or queued.") : tr("A counterexample of Check has no time. Run the scenario for latency and staleness."));
  }
  ChartRequest request;
  request.measure = measure();
  request.series = static_cast<std::size_t>(std::max(0, series_->currentIndex()));
  request.from = run->index().first_position();
  request.to = run->index().last_position() + 1;
  request.focus = desk_.stage.record();
  if (near_->isChecked() && request.focus != no_record) {
    const std::int64_t wide = std::max<std::int64_t>(40, (request.to - request.from) / 20), at = run->index().position(request.focus);
    request.from = std::clamp(at - wide / 2, request.from, std::max(request.from, request.to - wide));
    request.to = std::min(request.to, request.from + wide);
  }
  request.size = QSizeF(scene_->viewport()->size()) - QSizeF(2, 2);
  if (measure() == Measure::backlog && !measures_->has_backlogs) said_->setText(tr("This trace was recorded without states."));
  scene_->show_list(chart_scene(*run, *measures_, request, measure_by_font, &memory_));
}

void ChartsView::paint_picture(QPainter& painter) const {
  painter.fillRect(QRectF(QPointF(), picture_size()), desk_.appearance.theme()[Role::base]);
  paint(painter, desk_.appearance.theme(), scene_->list());
}

}  // namespace flowtank::gui
