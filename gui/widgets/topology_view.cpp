// SPDX-License-Identifier: Apache-2.0
// See topology_view.hpp. The plan is made when the snapshot changes; the picture follows the focus.
#include "gui/widgets/topology_view.hpp"

#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

#include "gui/scene/paint.hpp"
#include "gui/scene/topology_tokens.hpp"

namespace flowtank::gui {
namespace {

// One row below the picture.
class Legend final : public QWidget {
 public:
  Legend(Appearance& appearance, QWidget* parent) : QWidget(parent), appearance_(appearance) {
    setFixedHeight(26);
    setAccessibleName(TopologyView::tr("Legend"));
    setAccessibleDescription(token_legend(measure_by_font).description);
    connect(&appearance, &Appearance::changed, this, qOverload<>(&QWidget::update));
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.fillRect(rect(), appearance_.theme()[Role::base]);
    paint(painter, appearance_.theme(), token_legend(measure_by_font));
  }

 private:
  Appearance& appearance_;
};

}  // namespace

TopologyView::TopologyView(const Desk& desk, QWidget* parent)
    : QWidget(parent), desk_(desk), scene_(new SceneView(desk.appearance, this)), search_(new QLineEdit(this)), highlight_(new QToolButton(this)), when_(plain_label(this, "dim")) {
  search_->setPlaceholderText(tr("Find node"));
  search_->setAccessibleName(tr("Find node"));
  search_->setClearButtonEnabled(true);
  search_->setMaximumWidth(170);
  highlight_->setText(tr("Highlight cause"));
  highlight_->setCheckable(true);
  highlight_->setChecked(true);
  auto* fit = new QToolButton(this);
  fit->setText(tr("Fit"));
  fit->setToolTip(tr("Show everything (Home)"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(tool_strip({search_, highlight_, nullptr, when_, fit}, this));
  column->addWidget(scene_, 1);
  column->addWidget(new Legend(desk.appearance, this));
  scene_->setAccessibleName(tr("Topology"));
  scene_->set_fitted(true);
  connect(fit, &QToolButton::clicked, this, [this] { scene_->set_fitted(true); });
  connect(search_, &QLineEdit::textChanged, this, &TopologyView::refresh);
  connect(highlight_, &QToolButton::toggled, this, &TopologyView::refresh);
  connect(&desk_.stage, &Stage::snapshot_changed, this, &TopologyView::plan);
  connect(&desk_.stage, &Stage::verdict_changed, this, &TopologyView::refresh);
  connect(&desk_.stage.focus(), &Focus::changed, this, &TopologyView::refresh);
  connect(&desk_.stage.player(), &Player::moved, this, &TopologyView::show_moment);
  connect(&desk_.appearance, &Appearance::changed, this, &TopologyView::refresh);
  scene_->on_resize = [this] {
    const auto before = plan_;
    choose();
    if (plan_ != before) refresh();
  };
  scene_->on_click = [this](const Hit& hit) {
    if (hit.record != no_record) return desk_.stage.focus().set_record(hit.record);
    if (hit.lane == no_lane) return;
    FocusPoint point = desk_.stage.focus().current();
    point.lane = hit.lane;
    desk_.stage.focus().set(point);
  };
  plan();
}

void TopologyView::plan() {
  const auto& snapshot = desk_.stage.snapshot();
  across_ = snapshot == nullptr ? nullptr : plan_of(*snapshot, desk_.stage.run(), false);
  down_ = snapshot == nullptr ? nullptr : plan_of(*snapshot, desk_.stage.run(), true);
  choose();
  refresh();
}

// The way that can be shown larger.
void TopologyView::choose() {
  plan_ = across_;
  if (across_ == nullptr || down_ == nullptr) return;
  const QSizeF room = scene_->viewport()->size();
  const auto zoom = [&](const TopologyPlan& plan) { return std::min({room.width() / plan.layout.size.width(), room.height() / plan.layout.size.height(), 1.0}); };
  if (zoom(*down_) > zoom(*across_)) plan_ = down_;
}

void TopologyView::refresh() {
  const RunReader* run = desk_.stage.run();
  if (plan_ == nullptr || run == nullptr) {
    when_->clear();
    scene_->show_message(desk_.stage.snapshot() == nullptr ? tr("Services, channels and clients of what you open are drawn here.") : tr("There is no run to show. Check found no counterexample."));
    return;
  }
  TopologyRequest request;
  request.focus = desk_.stage.record();
  request.highlight_cause = highlight_->isChecked();
  request.search = search_->text();
  request.story = desk_.stage.story_here();
  when_->setText(request.focus == no_record ? QString() : tr("at %1").arg(QString::fromStdString(run->time(request.focus))));
  at_rest_ = topology_scene(*plan_, run, request, measure_by_font);
  show_moment();
}

// Only what moves is drawn anew while the focus stays.
void TopologyView::show_moment() {
  const RunReader* run = desk_.stage.run();
  if (plan_ == nullptr || run == nullptr) return;
  DisplayList now = at_rest_;
  if (desk_.stage.record() != no_record) draw_tokens(now, *plan_, *run, desk_.stage.record(), desk_.stage.player().position());
  scene_->show_list(std::move(now));
}

void TopologyView::paint_picture(QPainter& painter) const {
  painter.fillRect(QRectF(QPointF(), picture_size()), desk_.appearance.theme()[Role::base]);
  paint(painter, desk_.appearance.theme(), scene_->list());
}

}  // namespace flowtank::gui
