-- The cells of online-retail-{month,quarter,week}.csv, in SQLite 3.40:
--     zcat online-retail.csv.gz > retail.csv && sqlite3 '' < online-retail.sql
-- Money is summed in integers. An order is a customer's invoice, dated by its first line; it is a purchase when it sums to zero or more.
.mode csv
.import retail.csv lines
CREATE TABLE orders AS
SELECT CustomerID customer, InvoiceNo invoice, date(min(InvoiceDate)) day,
       sum(CAST(Quantity AS INTEGER) * CAST(round(UnitPrice * 10000) AS INTEGER)) money
FROM lines WHERE CustomerID <> '' GROUP BY 1, 2;

-- The number of a period: months and quarters since year 0, Mondays since the Monday of Julian day 0.
CREATE VIEW numbered AS
SELECT *, strftime('%Y', day) * 12 + strftime('%m', day) - 1 month,
       (strftime('%Y', day) * 12 + strftime('%m', day) - 1) / 3 quarter,
       CAST(julianday(day) + 0.5 AS INTEGER) / 7 week
FROM orders;
CREATE TABLE firsts AS
SELECT customer, min(month) month, min(quarter) quarter, min(week) week, min(day) day
FROM numbered WHERE money >= 0 GROUP BY 1;

.headers on
.once online-retail-month.csv
SELECT substr(min(f.day), 1, 7) cohort, o.month - f.month period, s.customers,
       count(DISTINCT CASE WHEN money >= 0 THEN customer END) active, sum(money >= 0) orders,
       printf('%.4f', sum(money) / 10000.0) revenue
FROM numbered o JOIN firsts f USING (customer)
     JOIN (SELECT month, count(*) customers FROM firsts GROUP BY 1) s ON s.month = f.month
WHERE o.month >= f.month GROUP BY f.month, o.month ORDER BY f.month, o.month;
.once online-retail-quarter.csv
SELECT substr(min(f.day), 1, 4) || '-Q' || (f.quarter % 4 + 1) cohort, o.quarter - f.quarter period, s.customers,
       count(DISTINCT CASE WHEN money >= 0 THEN customer END) active, sum(money >= 0) orders,
       printf('%.4f', sum(money) / 10000.0) revenue
FROM numbered o JOIN firsts f USING (customer)
     JOIN (SELECT quarter, count(*) customers FROM firsts GROUP BY 1) s ON s.quarter = f.quarter
WHERE o.quarter >= f.quarter GROUP BY f.quarter, o.quarter ORDER BY f.quarter, o.quarter;
-- The first cohort only: all would be 1,300 rows.
.once online-retail-week.csv
SELECT '2010-W48' cohort, o.week - f.week period, s.customers,
       count(DISTINCT CASE WHEN money >= 0 THEN customer END) active, sum(money >= 0) orders,
       printf('%.4f', sum(money) / 10000.0) revenue
FROM numbered o JOIN firsts f USING (customer)
     JOIN (SELECT week, count(*) customers FROM firsts GROUP BY 1) s ON s.week = f.week
WHERE f.week = (SELECT min(week) FROM firsts) AND o.week >= f.week GROUP BY f.week, o.week ORDER BY f.week, o.week;
