//! An aligned table in plain text.

/// Renders rows of equal length, the first of them the heading; the first column is flush left, the others right.
pub fn render(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..columns).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let rest = row.iter().zip(&widths).skip(1).map(|(cell, width)| format!("  {cell:>width$}"));
        format!("{:<width$}{}\n", row[0], rest.collect::<String>(), width = widths[0])
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["name", "us"], ["fork", "1234.5"], ["procspawn", "7.0"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            render(&rows),
            "name           us\n\
             fork       1234.5\n\
             procspawn     7.0\n"
        );
    }
}
