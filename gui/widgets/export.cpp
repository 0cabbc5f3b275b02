// SPDX-License-Identifier: Apache-2.0
// See export.hpp. Each format is written to a file that takes its name only when it is complete.
#include "gui/widgets/export.hpp"

#include <QBuffer>
#include <QCoreApplication>
#include <QImage>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

#include <algorithm>

namespace flowtank::gui {
namespace {

struct Export {
  Q_DECLARE_TR_FUNCTIONS(Export)
};

bool as_png(const Picture& picture, QIODevice& out) {
  constexpr double scale = 2;
  constexpr double most = 16'000;  // pixels a side
  const QSizeF size = picture.picture_size();
  const double fits = std::min({scale, most / size.width(), most / size.height()});
  QImage image((size * fits).toSize(), QImage::Format_ARGB32_Premultiplied);
  if (image.isNull()) return false;
  image.fill(Qt::transparent);
  QPainter painter(&image);
  painter.scale(fits, fits);
  picture.paint_picture(painter);
  painter.end();
  return image.save(&out, "PNG");
}

bool as_svg(const Picture& picture, QIODevice& out) {
  QSvgGenerator svg;
  svg.setOutputDevice(&out);
  svg.setSize(picture.picture_size().toSize());
  svg.setViewBox(QRectF(QPointF(), picture.picture_size()));
  svg.setTitle(QStringLiteral("Flowtank: ") + picture.picture_name());
  QPainter painter(&svg);
  picture.paint_picture(painter);
  return painter.end();
}

bool as_pdf(const Picture& picture, QIODevice& out) {
  QPdfWriter pdf(&out);
  pdf.setResolution(96);
  const QSizeF size = picture.picture_size();
  pdf.setPageSize(QPageSize(size * 0.75, QPageSize::Point));  // 96 pixels are 72 points
  pdf.setPageMargins(QMarginsF());
  pdf.setCreator(QStringLiteral("Flowtank"));
  QPainter painter(&pdf);
  if (!painter.isActive()) return false;
  picture.paint_picture(painter);
  return painter.end();
}

}  // namespace

QString export_to(const Picture& picture, const QString& file) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  const QString ending = file.section(QLatin1Char('.'), -1).toLower();
  if (ending != QStringLiteral("svg") && ending != QStringLiteral("pdf") && ending != QStringLiteral("png")) return Export::tr("A picture ends in .png, .svg or .pdf.");
  const bool drawn = ending == QStringLiteral("svg") ? as_svg(picture, buffer) : ending == QStringLiteral("pdf") ? as_pdf(picture, buffer) : as_png(picture, buffer);
  buffer.close();
  if (!drawn) return Export::tr("The picture is too large to be drawn.");
  QSaveFile out(file);
  if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() || !out.commit()) return Export::tr("Cannot write %1: %2.").arg(file, out.errorString());
  return {};
}

}  // namespace flowtank::gui
