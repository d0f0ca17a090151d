//! The figures of all programs, side by side, with the goal of each.

use super::program::Program;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Milliseconds,
    Seconds,
    Percent,
    Bytes,
    Mebibytes,
    Count,
    /// One figure over another.
    Ratio,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => " ms",
            Self::Seconds => " s",
            Self::Percent => " %",
            Self::Bytes => " B",
            Self::Mebibytes => " MiB",
            Self::Count => "",
            Self::Ratio => " ×",
        }
    }

    fn write(self, figure: f64) -> String {
        if figure.is_infinite() {
            return "not shown".to_owned();
        }
        let digits = match self {
            Self::Bytes | Self::Count if figure.fract() == 0.0 => 0,
            Self::Ratio => 2,
            _ if figure >= 100.0 => 0,
            _ => 1,
        };
        let text = format!("{figure:.digits$}");
        let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
        grouped(whole) + rest + self.name()
    }
}

struct Line {
    what: String,
    unit: Unit,
    /// The most that chat-tui may need.
    goal: Option<f64>,
    figures: Vec<(Program, f64)>,
}

/// All figures that were found.
#[derive(Default)]
pub(super) struct Comparison(Vec<Line>);

impl Comparison {
    /// Puts a figure in; infinite: it was never shown. The first figure of a line brings its goal.
    pub(super) fn put(&mut self, program: Program, what: &str, unit: Unit, goal: Option<f64>, figure: f64) {
        println!("  {}: {what}: {}", program.name(), unit.write(figure));
        match self.0.iter_mut().find(|line| line.what == what) {
            Some(line) => line.figures.push((program, figure)),
            None => self.0.push(Line { what: what.to_owned(), unit, goal, figures: vec![(program, figure)] }),
        }
    }

    /// Prints the table as Markdown.
    pub(super) fn print(&self) {
        println!();
        println!("| what | chat-tui | weechat | irssi | goal | |");
        println!("| --- | --- | --- | --- | --- | --- |");
        for line in &self.0 {
            let figure = |program| line.figures.iter().find(|(one, _)| *one == program).map(|(_, figure)| *figure);
            let cell = |program| figure(program).map_or_else(|| "–".to_owned(), |figure| line.unit.write(figure));
            let goal = line.goal.map_or_else(String::new, |goal| format!("≤ {}", line.unit.write(goal)));
            let verdict = match (figure(Program::ChatTui), line.goal) {
                (Some(figure), Some(goal)) if figure <= goal => "met",
                (Some(_), Some(_)) => "not met",
                _ => "",
            };
            let [own, weechat, irssi] = [Program::ChatTui, Program::Weechat, Program::Irssi].map(cell);
            println!("| {} | {own} | {weechat} | {irssi} | {goal} | {verdict} |", line.what);
        }
    }
}

/// Writes a whole number with a comma before each three digits.
pub(super) fn grouped(whole: &str) -> String {
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Gives the figure at a share of all, from 0 to 1; 0 when there is none.
pub(super) fn at_share(figures: &mut [f64], share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(((figures.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(0.0)
}
