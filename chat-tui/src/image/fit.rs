//! How many cells a picture takes.

use proto::Picture;

/// A number of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImageSize {
    /// Cells across.
    pub columns: u16,
    /// Cells down.
    pub rows: u16,
}

/// Gives how large a picture is drawn: as large as it is, or as fits. No picture is drawn larger than it is.
pub fn fit(picture: &Picture, (cell_width, cell_height): (u16, u16), room: ImageSize) -> ImageSize {
    let (width, height) = (f64::from(picture.width.max(1)), f64::from(picture.height.max(1)));
    let (cell_width, cell_height) = (f64::from(cell_width.max(1)), f64::from(cell_height.max(1)));
    let across = f64::from(room.columns) * cell_width / width;
    let down = f64::from(room.rows) * cell_height / height;
    let scale = across.min(down).min(1.0);
    let cells = |pixels: f64, cell: f64, most: u16| ((pixels * scale / cell).round() as u16).clamp(1, most.max(1));
    ImageSize { columns: cells(width, cell_width, room.columns), rows: cells(height, cell_height, room.rows) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> (u16, u16) {
        let picture = Picture { width, height, animated: false, blurhash: String::new() };
        let ImageSize { columns, rows } = fit(&picture, (10, 20), ImageSize { columns: 60, rows: 18 });
        (columns, rows)
    }

    #[test]
    fn a_picture_keeps_its_shape_within_the_room() {
        assert_eq!(size(1_600, 1_200), (48, 18));
        assert_eq!(size(1_200, 1_600), (27, 18));
        assert_eq!(size(4_000, 500), (60, 4));
        assert_eq!(size(500, 40_000), (1, 18));
        assert_eq!(size(100, 100), (10, 5), "not larger than it is");
        assert_eq!(size(3, 3), (1, 1));
        assert_eq!(size(u32::MAX, 1), (60, 1));
        assert_eq!(size(0, 0), (1, 1));
    }
}
