-- Recency, frequency and monetary value of the customers of Online Retail, by SQLite:
--     zcat online-retail.csv.gz > retail.csv; sqlite3 < online_retail_rfm.sql
-- An order is (CustomerID, InvoiceNo), dated by its earliest line; below zero in sum it is a return. Money is exact: prices have at most
-- three decimals, so 1/10,000 units are whole numbers. CustomerID is written as 17850.0.
.mode csv
.import retail.csv raw
CREATE TABLE line AS
SELECT substr(CustomerID, 1, length(CustomerID) - 2) AS customer, InvoiceNo AS invoice, substr(InvoiceDate, 1, 10) AS day,
       CAST(Quantity AS INTEGER) * CAST(round(UnitPrice * 10000) AS INTEGER) AS money
FROM raw WHERE CustomerID <> '';
CREATE TABLE purchase AS
SELECT customer, invoice, min(day) AS day, sum(money) AS money FROM line GROUP BY customer, invoice;
CREATE TABLE rfm AS
SELECT customer, min(CASE WHEN money >= 0 THEN day END) AS first, max(CASE WHEN money >= 0 THEN day END) AS last,
       sum(money >= 0) AS frequency, sum(money) AS monetary
FROM purchase GROUP BY customer;
.headers on
.separator , "\n"
SELECT customer, first, last, CAST(julianday('2011-12-09') - julianday(last) AS INTEGER) AS recency, frequency,
       CASE WHEN monetary < 0 THEN '-' ELSE '' END || (abs(monetary) / 10000) || '.' ||
       CASE WHEN monetary % 100 = 0 THEN printf('%02d', abs(monetary) % 10000 / 100)
            WHEN monetary % 10 = 0 THEN printf('%03d', abs(monetary) % 10000 / 10)
            ELSE printf('%04d', abs(monetary) % 10000) END AS monetary
FROM rfm ORDER BY customer;
