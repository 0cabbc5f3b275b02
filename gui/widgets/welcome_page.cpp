// SPDX-License-Identifier: Apache-2.0
// See welcome_page.hpp. The examples are one list, so that arrows and Enter are enough.
#include "gui/widgets/welcome_page.hpp"

#include <QAbstractListModel>
#include <QCoreApplication>
#include <QFileInfo>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "gui/models/words.hpp"
#include "gui/scene/paint.hpp"
#include "gui/session/examples.hpp"
#include "gui/theme/symbols.hpp"

namespace flowtank::gui {
namespace {

class ExampleModel final : public QAbstractListModel {
 public:
  using QAbstractListModel::QAbstractListModel;
  int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : static_cast<int>(examples().size()); }
  QVariant data(const QModelIndex& index, int role) const override {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Example& e = examples()[static_cast<std::size_t>(index.row())];
    if (role == Qt::DisplayRole) return QCoreApplication::translate("Examples", e.title);
    if (role == Qt::ToolTipRole || role == Qt::AccessibleDescriptionRole) return QCoreApplication::translate("Examples", e.sentence);
    return {};
  }
};

constexpr int example_height = 98;

class ExampleDelegate final : public QStyledItemDelegate {
 public:
  ExampleDelegate(const Appearance& appearance, QObject* parent) : QStyledItemDelegate(parent), appearance_(appearance) {}
  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {400, example_height}; }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& theme = appearance_.theme();
    const Example& e = examples()[static_cast<std::size_t>(index.row())];
    const bool selected = (option.state & QStyle::State_Selected) != 0;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->fillRect(option.rect, theme[selected ? Role::accent_tint : Role::base]);
    if (selected) {
      painter->setPen(QPen(theme[Role::accent], 2));
      painter->drawRect(QRectF(option.rect).adjusted(1, 1, -1, -1));
    } else {
      painter->setPen(theme[Role::line]);
      painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    }
    picture(*painter, theme, e, QRectF(option.rect.left() + 14, option.rect.top() + 18, 116, 62));
    const int left = option.rect.left() + 146, right = option.rect.right() - 230;
    painter->setFont(font_of({14.5, true}));
    painter->setPen(theme[Role::text]);
    painter->drawText(QRect(left, option.rect.top() + 12, right - left, 20), Qt::AlignVCenter, index.data().toString());
    painter->setFont(font_of({13}));
    painter->drawText(QRect(left, option.rect.top() + 34, right - left, 58), Qt::TextWordWrap, index.data(Qt::ToolTipRole).toString());
    const int at = right + 14;
    painter->setFont(font_of({12}));
    painter->setPen(theme[Role::dim]);
    painter->drawText(QRect(at, option.rect.top() + 20, 110, 18), Qt::AlignVCenter, e.explored ? QCoreApplication::translate("Examples", "explored to a") : QCoreApplication::translate("Examples", "stops at its"));
    draw_symbol(*painter, theme, symbol_of(e.verdict), QPointF(at + 8, option.rect.top() + 50), 15);
    painter->setFont(font_of({12.5, true}));
    painter->setPen(theme[text_role_of(e.verdict)]);
    painter->drawText(QRect(at + 21, option.rect.top() + 41, 60, 18), Qt::AlignVCenter, e.verdict == VerdictKind::pass ? QStringLiteral("PASS") : QStringLiteral("FAIL"));
    painter->setFont(font_of({12}));
    painter->setPen(theme[Role::dim]);
    painter->drawText(QRect(at + 56, option.rect.top() + 41, 70, 18), Qt::AlignVCenter, e.explored ? QCoreApplication::translate("Examples", "proved") : QCoreApplication::translate("Examples", e.ends));
    button(*painter, theme, selected, QRectF(option.rect.right() - 84, option.rect.center().y() - 13, 68, 27));
    painter->restore();
  }

 private:
  static void button(QPainter& painter, const Theme& theme, bool primary, QRectF in) {
    painter.setPen(QPen(theme[primary ? Role::accent : Role::strong_line], 1));
    painter.setBrush(theme[primary ? Role::accent : Role::raised]);
    painter.drawRoundedRect(in, 4, 4);
    painter.setBrush(theme[primary ? Role::on_accent : Role::text]);
    painter.setPen(Qt::NoPen);
    painter.drawPolygon(QPolygonF({in.topLeft() + QPointF(13, 8), in.topLeft() + QPointF(22, 13.5), in.topLeft() + QPointF(13, 19)}));
    painter.setFont(font_of({13, primary}));
    painter.setPen(theme[primary ? Role::on_accent : Role::text]);
    painter.drawText(in.adjusted(28, 0, 0, 0), Qt::AlignVCenter, QCoreApplication::translate("Examples", "Run"));
  }

  // Two services, what strikes between them, and where it ends.
  static void picture(QPainter& painter, const Theme& theme, const Example& e, QRectF in) {
    painter.setPen(QPen(theme[Role::line], 1));
    painter.setBrush(theme[Role::raised]);
    painter.drawRoundedRect(in, 3, 3);
    const double y = in.center().y();
    painter.setPen(QPen(theme[e.fault == FaultKind::crash || e.fault == FaultKind::partition ? Role::faint : Role::accent], 2, e.fault == FaultKind::crash ? Qt::DashLine : Qt::SolidLine));
    painter.drawLine(QPointF(in.left() + 32, y), QPointF(in.right() - 32, y));
    painter.setPen(QPen(theme[Role::strong_line], 1.5));
    painter.setBrush(theme[Role::base]);
    painter.drawRoundedRect(QRectF(in.left() + 12, y - 9, 22, 18), 3, 3);
    painter.setPen(QPen(theme[e.verdict == VerdictKind::fail ? Role::fail : Role::strong_line], 1.5));
    painter.drawRoundedRect(QRectF(in.right() - 34, y - 9, 22, 18), 3, 3);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme[Role::fault_tint]);
    painter.drawEllipse(in.center(), 13, 13);
    draw_symbol(painter, theme, symbol_of(e.fault), in.center(), 17);
    draw_symbol(painter, theme, symbol_of(e.verdict), QPointF(in.right() - 12, y + 9), 14);
  }

  const Appearance& appearance_;
};

QLabel* label(const QString& text, const TextStyle& style, const char* role = "") {
  auto* l = new QLabel(text);
  l->setFont(font_of(style));
  l->setProperty("role", role);
  l->setWordWrap(true);
  return l;
}

QPushButton* recent_button(const QString& file, QWidget* parent) {
  const QFileInfo info(file);
  auto* button = new QPushButton(parent);
  button->setText(label_of(info.exists() ? info.fileName() : WelcomePage::tr("%1 (not found)").arg(info.fileName())));
  button->setToolTip(tip_of(file));
  button->setEnabled(info.exists());
  return button;
}

}  // namespace

WelcomePage::WelcomePage(Appearance& appearance, QString scenarios, QWidget* parent) : QScrollArea(parent), appearance_(appearance), scenarios_(std::move(scenarios)) {
  setWidgetResizable(true);
  setAccessibleName(tr("Welcome"));
  build();
  connect(&appearance_, &Appearance::changed, this, &WelcomePage::build);
}

void WelcomePage::show_recent(const QStringList& files) {
  recent_ = files;
  build();
}

void WelcomePage::build() {
  const Theme& theme = appearance_.theme();
  auto* page = new QWidget;
  auto* columns = new QHBoxLayout(page);
  columns->setContentsMargins(40, 36, 40, 24);
  columns->setSpacing(42);

  auto* left = new QVBoxLayout;
  left->setSpacing(10);
  left->addWidget(label(tr("Flowtank"), {26, true}));
  left->addWidget(label(tr("%1 · simulates event-driven services").arg(QStringLiteral(FLOWTANK_VERSION)), {12}, "dim"));
  left->addWidget(label(tr("Put services, brokers and databases into controlled trouble and see whether they stay consistent."), {13}, "dim"));
  auto* open = new QPushButton(icon_of(theme, Symbol::open), tr("Open…   Ctrl+O"));
  connect(open, &QPushButton::clicked, this, [this] {
    if (on_open) on_open();
  });
  left->addWidget(open);
  auto* drop = new QLabel(tr("<b>Drop files here</b><br><br>one opens: a scenario, a trace<br>or a counterexample<br>two are compared<br><br>.json  .ftrace  .counterexample"));
  drop->setAlignment(Qt::AlignCenter);
  drop->setMinimumHeight(220);
  drop->setStyleSheet(QStringLiteral("QLabel { border: 2px dashed %1; border-radius: 5px; background: %2; color: %3; }").arg(theme[Role::strong_line].name(), theme[Role::alternate].name(), theme[Role::dim].name()));
  left->addWidget(drop);
  left->addStretch(1);

  auto* middle = new QVBoxLayout;
  middle->setSpacing(10);
  middle->addWidget(label(tr("Examples"), {18, true}));
  middle->addWidget(label(scenarios_.isEmpty() ? tr("The examples were not found. Set FLOWTANK_SCENARIOS to the folder of scenarios.") : tr("Each runs in under a second and stops at what it shows. Enter runs the selected one."), {13}, "dim"));
  examples_ = new QListView;
  examples_->setModel(new ExampleModel(examples_));
  examples_->setItemDelegate(new ExampleDelegate(appearance_, examples_));
  examples_->setAccessibleName(tr("Examples"));
  examples_->setFixedHeight(static_cast<int>(gui::examples().size()) * example_height + 2);
  examples_->setMinimumWidth(600);
  examples_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  examples_->setEnabled(!scenarios_.isEmpty());
  examples_->setCurrentIndex(examples_->model()->index(0, 0));
  examples_->setMouseTracking(true);
  const auto run = [this](const QModelIndex& at) {
    if (at.isValid() && on_example) on_example(at.row());
  };
  connect(examples_, &QListView::activated, this, run);
  connect(examples_, &QListView::clicked, this, [this, run](const QModelIndex& at) {
    const int x = examples_->viewport()->mapFromGlobal(QCursor::pos()).x();
    if (x > examples_->viewport()->width() - 92) run(at);
  });
  middle->addWidget(examples_);
  middle->addSpacing(10);
  middle->addWidget(label(tr("What the verdicts mean"), {13, true}));
  auto* panel = new QFrame;
  panel->setProperty("role", "panel");
  auto* grid = new QGridLayout(panel);
  grid->setHorizontalSpacing(10);
  const std::pair<VerdictKind, QString> meanings[] = {{VerdictKind::pass, tr("the property held")},
                                                      {VerdictKind::fail, tr("a shortest story shows how")},
                                                      {VerdictKind::inconclusive, tr("a limit came first")},
                                                      {VerdictKind::vacuous, tr("the fault or trigger never happened")}};
  const char* names[] = {"PASS", "FAIL", "INCONCLUSIVE", "VACUOUS"};
  for (int i = 0; i < 4; ++i) {
    auto* shape = new QLabel;
    shape->setPixmap(icon_of(theme, symbol_of(meanings[i].first)).pixmap(16));
    auto* name = new QLabel(QString::fromLatin1(names[i]));
    name->setStyleSheet(QStringLiteral("font-weight: 600; color: %1").arg(theme[text_role_of(meanings[i].first)].name()));
    grid->addWidget(shape, i, 0);
    grid->addWidget(name, i, 1);
    grid->addWidget(label(meanings[i].second, {13}), i, 2);
  }
  const std::pair<QString, QString> strengths[] = {{tr("proved"), tr("every state within the bounds")}, {tr("tested"), tr("many runs, with a 95 % bound")}, {tr("observed"), tr("this one run")}};
  for (int i = 0; i < 3; ++i) {
    auto* bars = new QLabel;
    QPixmap picture(20, 16);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    draw_bars(painter, theme, 3 - i, QRectF(0, 0, 18, 16));
    painter.end();
    bars->setPixmap(picture);
    grid->addWidget(bars, i, 3);
    grid->addWidget(label(strengths[i].first, {13, true}), i, 4);
    grid->addWidget(label(strengths[i].second, {13}), i, 5);
  }
  grid->setColumnStretch(2, 1);
  grid->setColumnStretch(5, 1);
  middle->addWidget(panel);
  middle->addStretch(1);

  auto* right = new QVBoxLayout;
  right->setSpacing(8);
  right->addWidget(label(tr("Recent files"), {18, true}));
  if (recent_.isEmpty()) right->addWidget(label(tr("None yet. What you open is listed here."), {13}, "dim"));
  for (const QString& file : recent_) {
    auto* button = recent_button(file, page);
    connect(button, &QPushButton::clicked, this, [this, file] {
      if (on_recent) on_recent(file);
    });
    right->addWidget(button);
  }
  right->addSpacing(14);
  right->addWidget(label(tr("Also from a terminal"), {13, true}));
  auto* command = label(QStringLiteral("flowtank run shop.json"), {12, false, true});
  command->setTextInteractionFlags(Qt::TextSelectableByMouse);
  right->addWidget(command);
  right->addWidget(label(tr("Same library, same seed, same fingerprint."), {12}, "dim"));
  right->addStretch(1);

  columns->addLayout(left, 22);
  columns->addLayout(middle, 50);
  columns->addLayout(right, 22);
  // The old page may be where the click came from.
  if (QWidget* old = takeWidget()) old->deleteLater();
  setWidget(page);
  setFocusProxy(examples_);
}

}  // namespace flowtank::gui
