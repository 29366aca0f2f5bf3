# A small input of each kind of picture, and the numbers that --data must make of it, worked by hand.

input_of() { # kind
    case $1 in
    rfm) printf '%s\n' r,f,customers,share,money 1,1,3,0.3,30.00 1,2,1,0.1,-5.50 2,1,2,0.2,20.00 2,2,4,0.4,400.00 ;;
    segments) printf '%s\n' customer,last,recency,monetary,segment A,2024-03-01,10,30.00,Loyal B,2024-03-11,0,5.50,New \
        C,2024-03-01,10,70.00,Loyal D,,,-4.00, ;;
    value) printf '%s\n' top,customers,value,value_share 20,1,400.00,0.6 40,2,600.00,0.9 100,5,666.67,1 ;;
    cohort) printf '%s\n' cohort,period,customers,active,retention,orders,revenue,complete 2024-01,0,10,10,1,12,99.00,1 \
        2024-01,1,10,4,0.4,5,50.00,0 2024-02,0,8,8,1,8,80.00,0 ;;
    criteria) printf '%s\n' k,inertia,silhouette,calinski_harabasz,davies_bouldin,gap,gap_std_error,bic,stability \
        1,9,,,,0.1,0.02,-90, 2,5,0.5,100,0.8,0.5,0.02,-80,0.9 3,4,0.4,90,0.9,0.51,0.03,-85,0.7 ;;
    snake) printf '%s\n' cluster,size,share,within_ss,silhouette,recency,monetary 1,3,0.75,1,0.5,10,5.00 2,1,0.25,2,0.25,50,5.00 ;;
    scatter) printf '%s\n' customer_id,recency,monetary,score,cluster A,1,10.00,111,2 B,2,20.50,111,1 C,,5.00,111,1 ;;
    silhouette) printf '%s\n' cluster,size,share,within_ss,silhouette,recency 1,3,0.75,1,0.5,10 2,1,0.25,2,-0.1,50 ;;
    rules | rule-graph) printf '%s\n' antecedent,consequent,count,support,confidence,lift bread,butter,5,0.05,0.5,2 \
        '"a ""b"" \",c,2,0.02,0.25,4' ;;
    alive) printf '%s\n' repeats,t_x,age,p_alive,expected_purchases 0,0,52,0.5,0.2 1,10,52,0.25,0.4 1,50,52,0.9,2 ;;
    purchases) printf '%s\n' repeats,t_x,age,p_alive,expected_purchases 0,0,52,0.5,0.2 1,10,52,0.25,0.4 1,50,52,0.9,2 ;;
    tracking | clv-calibration) printf '%s\n' section,group,customers,actual,model,last_period,constant total,,9,4,3.5,4,4 \
        decile,1,1,6.5,6.25,7,2 repeats,7+,3,5.5,5,6,2 week,1,9,3,2.5,, cumulative,1,9,3,2.5,, ;;
    gains) printf '%s\n' decile,rows,positives,rate,mean_probability,cumulative_lift,cumulative_capture 1,2,2,1,0.9,2.5,0.5 \
        2,2,1,0.5,0.6,1.875,0.75 3,6,1,0.1666666667,0.1,1,1 ;;
    roc) printf '%s\n' threshold,false_positive_rate,true_positive_rate ,0,0 0.9,0,0.5 0.2,0.5,1 0.1,1,1 ;;
    calibration) printf '%s\n' bin,rows,mean_probability,rate,lower,upper 1,10,0.05,0.1,0.02,0.4 2,0,,,, 3,5,0.25,0.2,0.04,0.62 ;;
    profit) printf '%s\n' threshold,asked,asked_share,profit ,0,0,0 0.9,1,0.25,56 0.5,3,0.75,101 0.1,4,1,90 ;;
    survival) printf '%s\n' group,time,at_risk,events,survival,std_error,lower,upper a,1,10,1,0.9,0.09,0.7,1 a,5,8,4,0.45,0.2,0.2,0.9 \
        b,3,6,3,0.5,0.2,0.2,1 ;;
    migration) printf '%s\n' from,to,customers,value Loyal,Loyal,3,30.00 Loyal,Lost,1,0.00 Loyal,,2,5.00 ,Lost,4,7.00 ;;
    psi) printf '%s\n' feature,bin,old,new,psi recency,..5,5,9,0.15 recency,5..,5,1,0.1 frequency,..2,9,9,0 frequency,2..,1,2,0.05 ;;
    *) echo "no input of the kind $1" >&2; return 1 ;;
    esac
}

data_of() { # kind
    case $1 in
    rfm) printf '%s\n' r,f,customers,money 1,1,3,30 1,2,1,-5.5 2,1,2,20 2,2,4,400 ;;
    segments) printf '%s\n' segment,customers,money Loyal,2,100 ,1,-4 New,1,5.5 ;;
    value) printf '%s\n' top,value_share 0.2,0.6 0.4,0.9 1,1 ;;
    cohort) printf '%s\n' cohort,period,customers,retention,complete 2024-01,0,10,1,1 2024-01,1,10,0.4,0 2024-02,0,8,1,0 ;;
    criteria) printf '%s\n' k,silhouette,calinski_harabasz,davies_bouldin,gap,gap_std_error,bic,stability \
        1,,,,0.1,0.02,-90, 2,0.5,100,0.8,0.5,0.02,-80,0.9 3,0.4,90,0.9,0.51,0.03,-85,0.7 ;;
    # recency: mean 20, squares (3 x 100 + 900) / 4 = 300; monetary does not vary.
    snake) printf '%s\n' cluster,size,feature,centre,deviations 1,3,recency,10,-0.5773502692 1,3,monetary,5,0 \
        2,1,recency,50,1.732050808 2,1,monetary,5,0 ;;
    scatter) printf '%s\n' cluster,recency,monetary 2,1,10 1,2,20.5 ;;
    silhouette) printf '%s\n' cluster,size,silhouette 1,3,0.5 2,1,-0.1 ;;
    rules | rule-graph) printf '%s\n' antecedent,consequent,support,confidence,lift '"a ""b"" \",c,0.02,0.25,4' \
        bread,butter,0.05,0.5,2 ;;
    alive) printf '%s\n' repeats,t_x,age,p_alive 0,0,52,0.5 1,10,52,0.25 1,50,52,0.9 ;;
    purchases) printf '%s\n' repeats,t_x,age,expected_purchases 0,0,52,0.2 1,10,52,0.4 1,50,52,2 ;;
    tracking) printf '%s\n' section,group,actual,model week,1,3,2.5 cumulative,1,3,2.5 ;;
    clv-calibration) printf '%s\n' section,group,actual,model decile,1,6.5,6.25 repeats,7+,5.5,5 ;;
    gains) printf '%s\n' decile,rows,cumulative_lift,cumulative_capture 1,2,2.5,0.5 2,2,1.875,0.75 3,6,1,1 ;;
    roc) printf '%s\n' false_positive_rate,true_positive_rate 0,0 0,0.5 0.5,1 1,1 ;;
    calibration) input_of calibration ;;
    profit) input_of profit ;;
    survival) printf '%s\n' group,time,at_risk,survival,lower,upper a,1,10,0.9,0.7,1 a,5,8,0.45,0.2,0.9 b,3,6,0.5,0.2,1 ;;
    migration) printf '%s\n' from,to,customers Loyal,Loyal,3 Loyal,Lost,1 Loyal,,2 ,Lost,4 ;;
    psi) printf '%s\n' feature,psi recency,0.25 frequency,0.05 ;;
    esac
}

# Lines that the script must hold: what the numbers say, axes, points.
script_of() { # kind
    case $1 in
    rfm) printf '%s\n' "'10 customers with scores'" "'4' at screen" "'3' at screen" "'recency score (top: bought most recently)'" ;;
    segments) printf '%s\n' "'4 customers; dark: the most money a customer · as of 2024-03-11'" "'2 (50%)'" "'(no segment)'" ;;
    value) printf '%s\n' "'The best 20% of customers bring 60% of the value'" '0.4 0.9' 'set xrange [0:1]' ;;
    cohort) printf '%s\n' "'2024-01  (10)'" "'40%*'" "* the data end inside it'" "'months since the first purchase'" ;;
    criteria) printf '%s\n' 'using ($1 == 2 ? $1 : NaN):2' '2 -80' '3 0.4' ;;
    snake) printf '%s\n' "'cluster 1 (3)'" '0 -0.5773502692' '0 1.732050808' ;;
    scatter) printf '%s\n' "'2 of 3 rows; the others have no place here'" '2 20.5' ;;
    silhouette) printf '%s\n' "'Mean over all rows (dashed): 0.35'" '0 0.5' '1 -0.1' "'1 (3)'" ;;
    rules) printf '%s\n' "'2 rules'" '0.02 0.25 4456788' '0.05 0.5 16639781' ;; # 0x440154 and 0xFDE725
    rule-graph) printf '%s\n' '"a \"b\" \\" -> "c" [label="4"' '"bread" -> "butter" [label="2"' ;;
    alive) printf '%s\n' "'Customers who bought for the first time 52 weeks ago'" "'90%'" "'P(alive)'" ;;
    purchases) printf '%s\n' "'0.4'" "'purchases'" ;;
    tracking) printf '%s\n' '$week << END' '1 3 2.5' ;;
    clv-calibration) printf '%s\n' '1 6.5 6.25' '7 5.5 5' ;;
    gains) printf '%s\n' "'The likeliest 20% hold 75% of the positives: 1.9 times as many as by chance'" '0.4 0.75' '0.2 0.5' ;;
    roc) printf '%s\n' "'Area under the curve: 0.875 (0.5: knows nothing, 1: knows all)'" '0.5 1' ;;
    calibration) printf '%s\n' '0.05 0.1 0.02 0.4' 'NaN NaN NaN NaN' ;;
    profit) printf '%s\n' "'Best: ask 75% of the customers, those of a probability from 0.5 on; it brings 101'" '0.75 101' ;;
    survival) printf '%s\n' '5 0.9 0.7 1' '5 0.45 0.2 0.9' "'still watched (at risk)'" ;;
    migration) printf '%s\n' "'75% of 4 customers are where they were; numbers are customers'" "'(lost)' 2" "'(new)' 2" ;;
    psi) printf '%s\n' "'Features above 0.2 (by rule of thumb, drifted): 1; above 0.1: to be watched'" '0 0.25 13983232' ;;
    esac
}
